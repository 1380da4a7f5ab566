"""Evidence of a delivery in shares: each guardian shows an arbiter how the share that it released was sealed.

What was delivered says whose each share is, signed by each guardian, and what each was committed to, signed
by the owner. From share and randomness anybody seals the share again; if that is what was delivered, the
guardian showed what it released, and whether that is the share that it was dealt can be read then. With a
threshold of right shares the arbiter has the dataset key, and nobody's private key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from eth_utils.crypto import keccak

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, License
from biodesci.core import envelope, files, guarding, keyfile, shamir
from biodesci.core.documents.guarding import Release, SharedKey, ShareEvidence, SignedRelease, Split
from biodesci.core.errors import BioDeSciError, IntegrityError, NotFoundError
from biodesci.market import evidence, shares
from biodesci.market.evidence import Delivery
from biodesci.market.license import get
from biodesci.party.member import Member

_PURPOSE: Final = "share-evidence"
_RANDOM: Final = 64  # bytes of the encapsulation's randomness, before the share


@dataclass
class Examined:
    """What guardians showed of one delivery: `right` shares by account, those of them that were sealed to a
    key of the licensee's own, and why others do not count. `wrong` are proven; of the rest nothing is."""

    document: bytes
    split: Split
    delivered: int
    right: dict[str, bytes] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    wrong: dict[str, str] = field(default_factory=dict)
    unproven: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes | None:
        """Key ‖ salt; None where fewer than the threshold are right."""
        if len(self.right) < self.split.threshold:
            return None
        return shamir.combine(list(self.right.values()), self.split.threshold)

    @property
    def to_own_key(self) -> bool:
        """Whether the licensee can open enough of them with keys that it had in force since its purchase."""
        return len(self.own) >= self.split.threshold

    @property
    def is_too_few(self) -> bool:
        """Whether nothing that other guardians can show makes enough right ones of them."""
        return self.delivered - len(self.wrong) < self.split.threshold

    @property
    def why(self) -> str:
        """How many are right, and whose are not, with the reason."""
        others = {**self.wrong, **self.unproven}
        named = "".join(f" {guardian}: {reason}" for guardian, reason in others.items())
        return f"{len(self.right)} of {self.split.threshold} that are needed are shown to be right.{named}"


def keep(member: Member, release: Release, share: bytes, randomness: bytes) -> None:
    """Seals how a share was sealed under the home's passphrase, before the share leaves."""
    target = _path(member, release)
    files.write_private(target, keyfile.seal(randomness + share, member.passphrase, _PURPOSE))


def show(custodian: Member, license_id: int, arbiter: str, target: Path) -> None:
    """Seals the evidence of a licence's last delivery that this home took part in to `arbiter`'s key on
    chain, into a new file: of an envelope that it made, or of its share of a key that guardians delivered.

    Raises NotFoundError where the home has neither.
    """
    shown = _share_of(custodian, license_id)
    if shown is None:
        evidence.show(custodian, license_id, arbiter, target)
        return
    chain = custodian.chain
    bound = evidence.bound_to(chain, license_id, arbiter)
    files.write_private(target, envelope.seal(chain.key_of(arbiter), shown.to_bytes(), bound))


def examine(chain: Chain, licence: License, delivery: Delivery, given: Sequence[ShareEvidence]) -> Examined:
    """What these guardians show of a delivery, which is the one whose document they hold.

    Raises IntegrityError where the document is no key in shares of this version, signed by its owner.
    """
    key = SharedKey.parse(given[0].delivered)
    split = key.signed.split
    shares.require_split(chain, key.signed, chain.read(DatasetVersion, licence.dataset_id, licence.version))
    signed, _ = shares.sifted(chain, licence, split, key.shares)
    examined = Examined(given[0].delivered, split, len(signed))
    keys = evidence.keys_of(chain, licence, delivery)
    by_guardian = {one.release.guardian: one for one in signed}
    for one in given:
        release = by_guardian.get(one.guardian)
        if release is None:
            examined.unproven[one.guardian] = "no share that it signed was delivered."
        else:
            _examine_one(examined, one, release, keys)
    for guardian in by_guardian.keys() - {one.guardian for one in given}:
        examined.unproven[guardian] = "it has shown nothing."
    return examined


def _examine_one(
    examined: Examined, one: ShareEvidence, signed: SignedRelease, keys: Sequence[evidence.RegisteredKey]
) -> None:
    """Whether what a guardian showed makes what it released, and is the share that it was dealt."""
    release = signed.release
    for key in keys:
        if guarding.seals_again(one.share, release, key.public, one.randomness):
            break
    else:
        examined.unproven[one.guardian] = "what it shows does not make the share that it released."
        return
    try:
        guarding.check_share(examined.split, one.guardian, one.share)
    except BioDeSciError as exc:
        examined.wrong[one.guardian] = f"it released a wrong share. {exc.message}"
        return
    examined.right[one.guardian] = one.share
    if key.own:
        examined.own.add(one.guardian)


def _share_of(member: Member, license_id: int) -> ShareEvidence | None:
    chain = member.chain
    get(chain, license_id)
    for delivery in reversed(evidence.deliveries(chain, license_id)):
        if evidence.path(member.home, chain, license_id, delivery.digest).exists():
            return None  # an envelope that this home made
        try:
            raw = member.ipfs.cat(delivery.digest, max_size=SharedKey.limit)
            key = SharedKey.parse(raw)
        except (NotFoundError, IntegrityError):
            continue
        for one in key.shares:
            source = _path(member, one.release)
            if one.release.guardian == chain.address and source.exists():
                kept = keyfile.open_(source.read_bytes(), member.passphrase, _PURPOSE)
                return ShareEvidence(
                    delivered=raw,
                    guardian=chain.address,
                    randomness=kept[:_RANDOM],
                    share=kept[_RANDOM:],
                )
    return None


def _path(member: Member, release: Release) -> Path:
    """Beside the evidence of envelopes, and destroyed with it (market/erasure.py)."""
    return evidence.path(member.home, member.chain, release.license_id, keccak(release.sealed))
