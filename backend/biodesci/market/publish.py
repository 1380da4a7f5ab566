"""Publishes a dataset: inspect, encrypt, IPFS, card, one transaction.

Every step is noted in a journal (home/publications/<id>/journal.json, private) before the next begins. The
key is sealed to disk before anything leaves, and filed under the token's id once that is minted; a second
run goes on with the same transaction (chain/outbox.py), or finds the token that this account published with
the key's commitment, and never mints twice.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from hexbytes import HexBytes
from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from biodesci.chain import receipts
from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion
from biodesci.core import canonical, cid, container, duo, files
from biodesci.core.documents.content_request import origin
from biodesci.core.documents.dataset_card import require_described
from biodesci.core.errors import AccessDeniedError, InputError, StateError
from biodesci.core.public_text import require_printable
from biodesci.inspection.apart import inspect
from biodesci.inspection.content import Declared
from biodesci.inspection.inspect import Inspection
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs
from biodesci.market import admission, arbitration, provenance
from biodesci.market.admission import public_texts, require_admitted
from biodesci.market.card import DatasetMeta, compose, schema_files
from biodesci.market.croissant_check import require_valid
from biodesci.market.edition import upcoming
from biodesci.market.journal import FILE, Journal, Minted
from biodesci.market.material import Material
from biodesci.market.offers import OfferTerms
from biodesci.party import dataset_keys, disclosures
from biodesci.party.containers import Containers
from biodesci.party.member import Member
from biodesci.store import locks

REPORT: Final = "inspection.json"
Progress = Callable[[str, int, int], None]  # (step, bytes done, bytes in all)


@dataclass(frozen=True)
class Published:
    """A dataset's version on chain, with the CIDs of its card and content, and its first offer, if any."""

    dataset_id: int
    version: int
    offer_id: int | None
    card: str
    content: str
    content_root: str
    key_commitment: str
    tx_hash: str
    gas: int
    findings: tuple[str, ...] = field(default=())


def publish(
    owner: Member,
    file: Path,
    meta: DatasetMeta,
    offer: OfferTerms | None = None,
    progress: Progress | None = None,
    *,
    dataset_id: int | None = None,
) -> Published:
    """Publishes `file` as a new dataset, or a new version of `dataset_id`. Run again, it goes on."""
    chain = owner.chain
    require_sayable(meta)
    material = Material.of(file)
    if meta.served_at is not None and origin(meta.served_at) != meta.served_at:
        raise InputError(
            f"{meta.served_at} is no origin in its one form.", f"Write {origin(meta.served_at)}."
        )
    _require_possible(chain, meta, offer, dataset_id)
    named = [] if dataset_id is not None else provenance.sources(chain, meta.parents)
    provenance.require_no_wider(chain, named, meta.terms, meta.diseases.root if meta.diseases else bytes(32))
    report = progress or (lambda _step, _done, _total: None)
    inspection, digest = inspected(material, meta, report, disclosures.key(owner.home))
    require_admitted(inspection, meta)
    wanted = {
        "plaintextSha256": digest.hex(),
        "genesis": chain.genesis,
        "contract": chain.datasets.address,
        "account": chain.address,
        "meta": _fields(meta),
        "offer": None if offer is None else asdict(offer),
        "datasetId": dataset_id,
    }
    folder = owner.home / "publications" / canonical.sha256(wanted).hex()[:40]
    with Journal.alone(folder) as journal:
        signed = admission.report(chain, inspection, meta, digest, int(time.time()))
        files.write_private(journal.folder / REPORT, signed.to_bytes())
        if journal.notes.key_commitment is None:
            journal.note(key_commitment=dataset_keys.create(owner.home, owner.passphrase, chain))
        committed = journal.digest("key_commitment")

        with chain.intent("publication", f"key commitment 0x{committed.hex()}") as intent:
            receipt = _on_chain(chain, committed)
            if receipt is None:
                if journal.container is None:
                    # Whatever no card can hold is refused before the long work.
                    edition = upcoming(owner, dataset_id, committed)
                    nothing = container.ContainerInfo(bytes(32), 0, 0, 0, bytes(32))
                    require_valid(compose(meta, inspection, bytes(32), nothing, edition).to_bytes())
                _encrypt(owner, material, digest, journal, report)
                if meta.served_at is None:
                    _upload(owner.ipfs, journal, report)
                else:
                    _keep(owner.home, journal)
                if journal.notes.card is None:
                    _release(owner, journal, meta, inspection, dataset_id)
                receipt = intent.resume() or intent.send(_mint(chain, journal, meta, offer, dataset_id))
            else:
                intent.forget()
            published = _result(chain, receipt, journal, dataset_id)
            version = chain.read(DatasetVersion, published.dataset_id, published.version)
            dataset_keys.settle(owner.home, chain, version, committed)
            dataset_keys.settle_again(owner.home, chain, version)
            if meta.served_at is not None:
                Containers(owner.home).assign(journal.digest("content"), chain, version)
        # A public container is on IPFS now, and a private one lies with the others of this home.
        (journal.folder / "container").unlink(missing_ok=True)
        return replace(
            published, findings=tuple(str(inspection.with_file(one)) for one in inspection.findings)
        )


def _require_possible(
    chain: Chain, meta: DatasetMeta, offer: OfferTerms | None, dataset_id: int | None
) -> None:
    """Refuses what this account can't publish or offer, before anything is encrypted."""
    if dataset_id is not None and offer is not None:
        raise InputError("A new version is sold by the dataset's offers.", "Leave the price out.")
    if dataset_id is not None and chain.call(chain.datasets.functions.ownerOf(dataset_id)) != chain.address:
        raise AccessDeniedError(
            f"Dataset {dataset_id} is not owned by {chain.address}.", "Use the account that owns it."
        )
    if offer is not None:
        offer.tuple()
        offer.check(meta.terms)
        arbitration.check(chain, offer.arbiter)


def require_sayable(meta: DatasetMeta) -> None:
    """Raises InputError for what no card can say."""
    require_described(meta.name, meta.terms)
    require_printable("description", meta.description, lines=True)
    for title, text in (
        ("name", meta.name),
        ("creator", meta.creator),
        ("license", meta.license),
        ("reason", meta.accept_risk or ""),
        *(("keyword", keyword) for keyword in meta.keywords),
    ):
        require_printable(title, text)
    if meta.diseases is not None and not meta.terms & duo.bits(["DS"]):
        raise InputError("Diseases are named, but the terms are not limited to any.", "Add --term DS.")


def inspected(
    material: Material, meta: DatasetMeta, report: Progress, sketch_key: bytes | None = None
) -> tuple[Inspection, bytes]:
    """What the material holds and what its card's texts may say of a person; the SHA-256 of its bytes. With
    the home's `sketch_key` its tables have sketches."""
    done = 0

    def advance(amount: int) -> None:
        nonlocal done
        done = min(done + amount, material.size)
        report("inspect", done, material.size)

    before = material.state()
    # The digest costs another core.
    with ThreadPoolExecutor(1, thread_name_prefix="digest") as pool:
        digested = pool.submit(material.digest)
        inspection = inspect(material.path, meta.declared, advance, sketch_key)
        digest = digested.result()
    if material.state() != before:
        raise StateError(
            "The data changed while they were inspected.", "Repeat the command when nothing writes to them."
        )
    inspection.findings += public_texts(meta)
    return inspection, digest


def _fields(meta: DatasetMeta) -> dict[str, Any]:
    """What a card says; how the steward answered for it makes no other publication."""
    return {
        **asdict(replace(meta, diseases=None, declared=Declared(), accept_risk=None, confirmed=False)),
        "keywords": list(meta.keywords),
        "parents": list(meta.parents),
        "diseases": None if meta.diseases is None else meta.diseases.model_dump(mode="json"),
        "declared": admission.declaration(meta.declared).model_dump(mode="json"),
    }


def _encrypt(owner: Member, material: Material, digest: bytes, journal: Journal, report: Progress) -> None:
    """Encrypts what was inspected. `digest` is its SHA-256: StateError where other bytes are there by now."""
    committed = journal.digest("key_commitment")
    target = journal.folder / "container"
    if journal.container is not None and (target.exists() or journal.notes.content is not None):
        return
    key = dataset_keys.load_unpublished(owner.home, owner.passphrase, owner.chain, committed)
    size, done = material.size, 0
    if shutil.disk_usage(journal.folder).free < size + size // 1000 + (1 << 20):
        raise StateError(
            f"{journal.folder} has no room for the encrypted copy ({size} bytes).", "Free space, then repeat."
        )

    def advance(amount: int) -> None:
        nonlocal done
        done += amount
        report("encrypt", done, size)

    partial = journal.folder / "container.partial"
    sealed_digest, plain_digest, name = hashlib.sha256(), hashlib.sha256(), unixfs.Hasher()
    readers = container.Readers(sealed=(sealed_digest.update, name.update), plaintext=(plain_digest.update,))
    with material.open() as source, partial.open("wb") as sink:
        sealed = container.seal(source, sink, key, progress=advance, readers=readers)
    if plain_digest.digest() != digest:
        partial.unlink()
        raise StateError(
            "The data changed after they were inspected, so nobody looked at what would be published.",
            "Repeat the command when nothing writes to them.",
        )
    partial.replace(target)
    journal.note(
        content_root=sealed.content_root,
        size=sealed.size,
        plaintext_size=sealed.plaintext_size,
        segment_size=sealed.segment_size,
        sha256=sealed_digest.digest(),
        name=name.digest(),
    )


def _container(journal: Journal) -> container.ContainerInfo:
    if journal.container is None:
        raise StateError("The file was not encrypted.", "Repeat the command.")
    return journal.container


def _keep(home: Path, journal: Journal) -> None:
    """Keeps a private container at home, under the name that IPFS would give it."""
    journal.note(content=journal.digest("name"))
    Containers(home).keep(journal.folder / "container", journal.digest("content"))


def _upload(ipfs: Ipfs, journal: Journal, report: Progress) -> None:
    size, done = _container(journal).size, 0

    def advance(amount: int) -> None:
        nonlocal done
        done += amount
        report("upload", done, size)

    if journal.notes.content is None:
        file, why = journal.folder / "container", "encrypted file of a dataset"
        journal.note(content=ipfs.add_file(file, advance, why, expected=journal.notes.name))


def _release(
    owner: Member, journal: Journal, meta: DatasetMeta, inspection: Inspection, dataset_id: int | None
) -> None:
    """Composes the card, and makes it and the schemas that it names public. In a home this goes one after the
    other: each card is compared with all that were released before, while its file was encrypted, too."""
    committed = journal.digest("key_commitment")
    with locks.held(owner.home / files.WORK_FILE, "disclosures"):
        if not disclosures.settle(owner.home, inspection.sketch_key):
            inspection = inspection.without_sketches()
        edition = upcoming(owner, dataset_id, committed)
        card = compose(meta, inspection, journal.digest("content"), _container(journal), edition)
        released = card.to_bytes()
        disclosures.keep(owner.home, owner.chain, committed, released, inspection.sketches)
    schemas = schema_files(card, inspection)
    journal.note(schemas=tuple(owner.ipfs.add(file, "schema of a dataset's table") for file in schemas))
    journal.note(card=owner.ipfs.add(released, "card of a dataset"))


def _mint(
    chain: Chain, journal: Journal, meta: DatasetMeta, offer: OfferTerms | None, dataset_id: int | None
) -> ContractFunction:
    digests = (journal.digest(name) for name in ("card", "content_root", "key_commitment"))
    publication = (*digests, meta.terms, meta.diseases.root if meta.diseases else bytes(32))
    functions = chain.datasets.functions
    if dataset_id is not None:
        return functions.publishVersion(dataset_id, publication)
    named = provenance.sources(chain, meta.parents)
    if offer is not None:
        return functions.publishWithOffer(publication, named, offer.tuple())
    return functions.publish(publication, named)


def _on_chain(chain: Chain, committed: bytes) -> TxReceipt | None:
    """The transaction that published this key commitment from this account, if there is one."""
    first = chain.deployment.contracts["DatasetNFT"].block
    for name, publisher in (("DatasetPublished", "owner"), ("VersionPublished", "publisher")):
        for log in chain.events(chain.datasets, name, first, filters={publisher: chain.address}):
            if bytes(log["args"]["keyCommitment"]) == committed:
                return receipts.of_transaction(chain, log["transactionHash"])
    return None


def _result(chain: Chain, receipt: TxReceipt, journal: Journal, dataset_id: int | None) -> Published:
    if dataset_id is None:
        minted = chain.event(receipt, chain.datasets, "DatasetPublished") | {"version": 1}
    else:
        minted = chain.event(receipt, chain.datasets, "VersionPublished")
    offers = chain.emitted(receipt, chain.licenses, "OfferCreated")
    journal.note(published=Minted(dataset_id=minted["datasetId"], version=minted["version"]))
    content = journal.notes.content
    return Published(
        dataset_id=minted["datasetId"],
        version=minted["version"],
        offer_id=offers[0]["offerId"] if offers else None,
        card=cid.from_digest(bytes(minted["card"])),
        content="" if content is None else cid.from_digest(content),
        content_root="0x" + bytes(minted["contentRoot"]).hex(),
        key_commitment="0x" + bytes(minted["keyCommitment"]).hex(),
        tx_hash=HexBytes(receipt["transactionHash"]).to_0x_hex(),
        gas=int(receipt["gasUsed"]),
    )


def withdrawn_files(chain: Chain, home: Path) -> list[bytes]:
    """The digests of cards, schemas of wide tables and encrypted files that this home published and that are
    withdrawn by now."""
    gone = []
    for path in sorted((home / "publications").glob(f"*/{FILE}")):
        notes = Journal.open(path.parent).notes
        if notes.published is None:
            continue
        named = notes.published.dataset_id, notes.published.version
        if chain.call(chain.datasets.functions.isWithdrawn(*named)):
            public = (notes.card, notes.content, *notes.schemas)
            gone += [digest for digest in public if digest is not None]
    return gone
