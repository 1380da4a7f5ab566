"""Step 3: a licence is bought, delivered, checked, used and settled; and what happens without one."""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Callable

from biodesci.chain.commitments import commitments
from biodesci.chain.currency import ETHER, ether
from biodesci.chain.records import DatasetVersion, Listing
from biodesci.core import container, duo, envelope
from biodesci.core.errors import RevertedError, StateError
from biodesci.core.onchain import LicenseState
from biodesci.core.patience import persist
from biodesci.localnet.expect import refusal, wait_for
from biodesci.localnet.narrator import Narrator
from biodesci.localnet.stack import Stack
from biodesci.market import content, licensed_copy
from biodesci.market import license as licences
from biodesci.market.purchase import carry_out, deal, purchase
from biodesci.market.sources import OwnersServer, signer
from examples.heart.cast import Cast, Site

PURPOSE = ["DS"]


def license_dataset(stack: Stack, cast: Cast, narrator: Narrator) -> None:
    """The researcher licenses the first hospital's cohort; an outsider tries every way around it."""
    site, party = cast.sites[0], cast.researcher
    chain = cast.chain(party)
    cast.register_key(party)
    purpose = duo.parse_purpose(PURPOSE)

    agreed = deal(chain, site.offer_id, purpose)
    _, who_decides, *_ = agreed.offer.conditions
    narrator.fact(f"told before anything is paid: {who_decides}")
    began = time.monotonic()
    bought = carry_out(chain, agreed)
    license_id = bought.license_id
    narrator.fact(
        f"licence {license_id} for {site.hospital.name} bought in one transaction ({bought.gas:,} gas); "
        "the price is in escrow",
        gas=bought.gas,
    )
    wait_for(
        lambda: (
            licences.get(chain, license_id).state is LicenseState.DELIVERED
            and stack.ipfs.size(licences.envelope_of(chain, license_id)) > 0
        ),
        "the custodian to deliver the key",
    )
    narrator.fact(
        f"the custodian sealed the key to the researcher's X25519 + ML-KEM-768 key and delivered it "
        f"{time.monotonic() - began:.1f} s after the purchase",
        delivery_seconds=round(time.monotonic() - began, 2),
    )
    target = party.home / "received.csv"
    size = site.table.stat().st_size
    with narrator.progress("download and decrypt", size, is_bytes=True) as advance:
        persist(
            lambda: licensed_copy.download_over(
                chain, stack.ipfs, cast.seed(party), license_id, target, advance
            )
        )
    if target.read_bytes() != site.hospital.train:
        raise StateError("The file that the researcher decrypted is not the one that the hospital published.")
    narrator.fact(
        f"the key fits the commitment on chain, the container its root; {size:,} bytes equal the hospital's "
        "file byte for byte",
        bytes=size,
    )
    _outsider(stack, cast, narrator, site, license_id)

    licences.confirm(chain, license_id)
    licenses = chain.licenses.functions
    credited = chain.call(licenses.owed(site.owner.address, ETHER))
    cast.chain(site.owner).send(licenses.collect(site.owner.address, ETHER))
    narrator.fact(
        f"the researcher confirmed; the hospital collected {credited / 1e18:.2f} ETH from escrow",
        wei=str(credited),
    )


def _outsider(stack: Stack, cast: Cast, narrator: Narrator, site: Site, license_id: int) -> None:
    """Every step without a licence must be refused, each for its own reason."""
    party = cast.outsider
    chain = cast.chain(party)
    licenses = chain.licenses.functions
    purpose = duo.parse_purpose(PURPOSE)
    offer = chain.read(Listing, site.offer_id).offer

    no_key = refusal(lambda: purchase(chain, site.offer_id, purpose))
    narrator.refused(f"purchase without an encryption key: {no_key.message}")
    cast.register_key(party)
    price, less = ether(offer.price), offer.price // 2
    commercial = refusal(lambda: purchase(chain, site.offer_id, duo.parse_purpose([*PURPOSE, "COMMERCIAL"])))
    narrator.refused(f"purchase for a commercial purpose: {commercial.message}")
    _reverts(
        narrator,
        "purchase below the price",
        lambda: chain.send(licenses.purchase(site.offer_id, offer.hash, 1, purpose, False), less),
        "AccessLicense_WrongPrice",
        f"it is {price}, and {ether(less)} was sent.",
    )
    held = licences.get(chain, license_id)
    version = chain.read(DatasetVersion, site.dataset_id, 1)
    _reverts(
        narrator,
        "sending the licensee another key",
        lambda: chain.send(
            licenses.redeliver(license_id, secrets.token_bytes(32), version.commitments, held.licensee)
        ),
        "AccessLicense_NotCustodian",
    )
    _reverts(
        narrator, "confirming another's licence", lambda: chain.send(licenses.confirm(license_id)),
        "AccessLicense_NotLicensee",
    )  # fmt: skip
    seed = cast.seed(party)
    download = refusal(
        lambda: licensed_copy.download(chain, stack.ipfs, seed, license_id, party.home / "stolen.csv")
    )
    narrator.refused(f"download: {download.message}")

    sealed = persist(lambda: stack.ipfs.cat(licences.envelope_of(chain, license_id)))
    info = envelope.info("license", chain.chain_id, str(chain.licenses.address), license_id, held.licensee)
    opened = refusal(lambda: envelope.open_(seed, sealed, info))
    narrator.refused(f"opening the researcher's envelope, which is public: {opened.message}")
    root = commitments(chain, version).content_root
    private = content.locate(stack.ipfs, version.card, root)
    server = OwnersServer(stack.containers_url, signer(chain, site.dataset_id, license_id))
    kept = refusal(lambda: server.size(private.content))
    narrator.refused(f"a single byte of the encrypted file from the hospital's server: {kept.message}")
    public = chain.read(DatasetVersion, cast.sites[1].dataset_id, 1)
    root = commitments(chain, public).content_root
    blob = persist(lambda: stack.ipfs.cat(content.locate(stack.ipfs, public.card, root).content))
    guess = refusal(
        lambda: container.decrypt(io.BytesIO(blob), io.BytesIO(), secrets.token_bytes(32), expected_root=root)
    )
    narrator.refused(f"decrypting another hospital's container, which is public: {guess.message}")


def _reverts(
    narrator: Narrator, what: str, attempt: Callable[[], object], name: str, words: str = ""
) -> None:
    """`words` instead of the contract's, which knows no currency."""
    error = refusal(attempt)
    if not isinstance(error, RevertedError) or error.name != name:
        raise StateError(f"{what} was refused for another reason than {name}: {error.message}")
    narrator.refused(f"{what}: {words or error.message}")
