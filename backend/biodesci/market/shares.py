"""Whether splits and released shares are what they say: of this chain, signed by whom they name; and the key
that a licensee puts together from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eth_account.messages import encode_typed_data

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, License
from biodesci.core import guarding, typed_data
from biodesci.core.documents.guarding import Release, SharedKey, SignedRelease, SignedSplit, Split
from biodesci.core.errors import IntegrityError


def require_split(chain: Chain, signed: SignedSplit, version: DatasetVersion) -> None:
    """Raises IntegrityError where a split is of another chain, version or key, or is not signed by the
    dataset's owner, or by who published the version."""
    split = signed.split
    where = split.chain_id, split.contract, split.dataset_id, split.version, split.commitments
    datasets = str(chain.datasets.address)
    if where != (chain.chain_id, datasets, version.dataset_id, version.version, version.commitments):
        raise IntegrityError("The split is of another version, key or chain.", "Ask the owner for a new one.")
    owner = str(chain.call(chain.datasets.functions.ownerOf(version.dataset_id)))
    message = encode_typed_data(full_message=typed_data.key_split(split))
    if split.owner not in (owner, version.publisher) or not signatures.is_by(
        chain, split.owner, message, signed.signature
    ):
        raise IntegrityError("The split is not signed by the dataset's owner.", "Ask the owner for another.")


def asked(chain: Chain, licence: License, split: Split, guardian: str) -> Release:
    """What a guardian releases for a licence, with no share in it yet."""
    return Release(
        chain_id=chain.chain_id,
        contract=str(chain.licenses.address),
        license_id=licence.id,
        licensee=licence.licensee,
        split=split.content,
        guardian=guardian,
        sealed=b"",
    )


def sifted(
    chain: Chain, licence: License, split: Split, given: Iterable[SignedRelease]
) -> tuple[list[SignedRelease], dict[str, str]]:
    """Those that are for this licence and split, and signed by a guardian of it, one each; and by account
    why others are not. Whether the share in one is right the licensee alone sees."""
    good: dict[str, SignedRelease] = {}
    refused: dict[str, str] = {}
    for signed in given:
        release = signed.release
        guardian = release.guardian
        message = encode_typed_data(full_message=typed_data.share_release(release))
        if split.index_of(guardian) is None:
            refused[guardian] = "it is no guardian of this key"
        elif release.model_copy(update={"sealed": b""}) != asked(chain, licence, split, guardian):
            refused[guardian] = "its share is for another licence, or of another split"
        elif not signatures.is_by(chain, guardian, message, signed.signature):
            refused[guardian] = "its share is not signed by it"
        else:
            good[guardian] = signed
    return list(good.values()), refused


def put_together(chain: Chain, seed: bytes, licence: License, raw: bytes) -> bytes:
    """Key and salt, from what was delivered in shares; `seed` is of the licensee's key.

    Raises IntegrityError, which names the guardians whose shares are wrong, where fewer than the threshold
    are right.
    """
    key = SharedKey.parse(raw)
    split = key.signed.split
    require_split(chain, key.signed, chain.read(DatasetVersion, licence.dataset_id, licence.version))
    good, refused = sifted(chain, licence, split, key.shares)
    try:
        return guarding.put_together(seed, split, [one.release for one in good])
    except IntegrityError as exc:
        raise IntegrityError(exc.message + reasons(refused), exc.hint) from exc


def reasons(refused: Mapping[str, str]) -> str:
    """Why what each of these guardians gave does not count, in words that go on after a sentence."""
    return "".join(f" {guardian}: {reason}." for guardian, reason in refused.items())


def sign(chain: Chain, release: Release) -> SignedRelease:
    """Signed by `chain`'s account, the guardian."""
    signature = signatures.sign(chain, typed_data.share_release(release))
    return SignedRelease(release=release, signature=signature)
