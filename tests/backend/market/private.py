"""A private sale: a dataset whose container lies in its owner's home, a server of it, and who asks there."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from biodesci.chain.records import DatasetVersion
from biodesci.core import cid, container, typed_data
from biodesci.core.documents.content_request import ContentRequest, SignedContentRequest
from biodesci.core.onchain import Role
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs
from biodesci.market import offers, roles
from biodesci.market.container_server import ContainerServer, create_app
from biodesci.market.custody import Custodian
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from biodesci.party import dataset_keys, keys
from biodesci.party.containers import Containers
from biodesci.serving import bounds
from biodesci.serving.guard import Policy
from biodesci.serving.server import listen, server
from tests.backend.acting import PASSPHRASE, acting
from tests.waiting import wait_for

HMB = 1 << 2
PRICE = 10**15
SEGMENT = 1 << 16


@contextmanager
def serving(chain: Any, home: Path, **more: Any) -> Iterator[ContainerServer]:
    """The server of a home's containers, on a port of its own, in a thread of this process."""
    bound = listen("127.0.0.1", 0, "")
    netloc = f"127.0.0.1:{bound.getsockname()[1]}"
    answered = ContainerServer(chain, Containers(home), f"http://{netloc}", **more)
    made = server(create_app(answered), Policy(hosts=bounds.hosts([netloc]), body=0))
    thread = threading.Thread(target=made.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        wait_for(lambda: made.started)
        yield answered
    finally:
        made.should_exit = True
        thread.join(20)
        bound.close()
        assert not thread.is_alive()


class PrivateSale:
    """A published dataset with an offer, its owner, and a buyer with a key; its container is on no node."""

    def __init__(
        self,
        chain_for: Callable[..., Any],
        ipfs: Ipfs,
        folder: Path,
        served_at: str,
        *,
        size: int = 5 * SEGMENT + 1_000,
        **offer: Any,
    ) -> None:
        self.owner, self.buyer, self.ipfs = chain_for(), chain_for(), ipfs
        self.home, self.buyer_home = folder / "owner", folder / "buyer"
        self.plaintext = os.urandom(size)
        self.terms = {"price": PRICE, **offer}
        self.dataset, self.content = self.publish(served_at)
        self.offer = offers.create(self.owner, self.dataset, OfferTerms(**self.terms))
        keys.register(self.buyer, self.buyer_home, PASSPHRASE)
        self.seed = keys.load_seed(self.buyer_home, PASSPHRASE)

    def publish(self, served_at: str) -> tuple[int, bytes]:
        """Encrypts, keeps at home, mints a card that says so, and notes whose the container is."""
        owner = self.owner
        committed = dataset_keys.create(self.home, PASSPHRASE, owner)
        key = dataset_keys.load_unpublished(self.home, PASSPHRASE, owner, committed)
        made, name = self.home / "made.container", unixfs.Hasher()
        source = self.home / "plain"
        source.write_bytes(self.plaintext)
        with source.open("rb") as plain, made.open("wb") as target:
            readers = container.Readers(sealed=(name.update,))
            sealed = container.seal(plain, target, key, segment_size=SEGMENT, readers=readers)
        source.unlink()
        content = name.digest()
        Containers(self.home).keep(made, content)
        card = {
            "name": "Private cohort",
            "distribution": [
                {
                    "contentUrl": f"ipfs://{cid.from_digest(content)}",
                    "biodesci:contentRoot": sealed.content_root.hex(),
                    "biodesci:servedAt": served_at,
                }
            ],
        }
        publication = (
            self.ipfs.add(json.dumps(card).encode()), sealed.content_root, committed, HMB, bytes(32)
        )  # fmt: skip
        receipt = owner.send(owner.datasets.functions.publish(publication, []))
        dataset = int(owner.event(receipt, owner.datasets, "DatasetPublished")["datasetId"])
        version = owner.read(DatasetVersion, dataset, 1)
        dataset_keys.settle(self.home, owner, version, committed)
        Containers(self.home).assign(content, owner, version)
        return dataset, content

    @property
    def sealed(self) -> bytes:
        return Containers(self.home).path(self.content).read_bytes()

    def buy(self, offer: int | None = None) -> int:
        return purchase(self.buyer, offer or self.offer, HMB, again=True).license_id

    def release(self) -> list[int]:
        return Custodian(acting(self.owner, self.ipfs, self.home)).poll()

    def bought(self) -> int:
        """A licence whose key was delivered."""
        license_id = self.buy()
        assert license_id in self.release()
        return license_id

    def request(
        self,
        served: ContainerServer,
        signer: LocalAccount,
        license_id: int = 0,
        *,
        signature: bytes | None = None,
        network: tuple[int, str] | None = None,
        **changed: Any,
    ) -> SignedContentRequest:
        """What `signer` shows to ask for this container; what is `changed` is signed so."""
        asked = ContentRequest(
            **{
                "dataset_id": self.dataset,
                "license_id": license_id,
                "content": self.content,
                "account": signer.address,
                "audience": served.origin,
                "expires": int(time.time()) + 300,
                **changed,
            }
        )
        chain_id, contract = network or (self.owner.chain_id, str(self.owner.licenses.address))
        document = typed_data.content_request(chain_id, contract, asked)
        made = signer.sign_message(encode_typed_data(full_message=document)).signature
        return SignedContentRequest(
            chain_id=chain_id,
            contract=contract,
            request=asked,
            signature=bytes(made) if signature is None else signature,
        )


@cache
def _client() -> httpx.Client:
    return httpx.Client(trust_env=False)


def get(
    served: ContainerServer,
    content: bytes,
    shown: SignedContentRequest | str | None,
    range_: str | None = None,
    method: str = "GET",
) -> httpx.Response:
    """What the server answers."""
    headers = {} if range_ is None else {"Range": range_}
    if shown is not None:
        headers["Authorization"] = shown if isinstance(shown, str) else shown.header()
    url = f"{served.origin}/containers/{cid.from_digest(content)}"
    return _client().request(method, url, headers=headers)


Shown = SignedContentRequest | str | None


def strangers(sale: PrivateSale, served: ContainerServer, chain_for: Callable[..., Any]) -> dict[str, Shown]:
    """What each kind of stranger shows, who may have nothing; the sale's buyer has a licence that is good."""
    owner, buyer = sale.owner, sale.buyer.signer()
    good = sale.bought()
    training = offers.create(owner, sale.dataset, OfferTerms(right="train"))
    to_train = sale.buy(training)
    sale.release()
    waiting = sale.buy()
    other = PrivateSale(chain_for, sale.ipfs, sale.home.parent / "elsewhere", served.origin)
    elsewhere, stranger = other.bought(), Account.create()
    proposed = chain_for()
    roles.grant(owner, sale.dataset, Role.OPERATOR, proposed.address)
    now = int(time.time())

    def shown(signer: LocalAccount, license_id: int = 0, **changed: Any) -> SignedContentRequest:
        return sale.request(served, signer, license_id, **changed)

    return {
        "shows nothing": None,
        "shows another scheme": "Bearer abc",
        "shows no base64": "BioDeSci ###",
        "shows no document": "BioDeSci e30",
        "has no signature": shown(buyer, good, signature=b""),
        "has a signature of zeros": shown(buyer, good, signature=bytes(65)),
        "signs for somebody else": shown(stranger, good, account=buyer.address),
        "has an expired request": shown(buyer, good, expires=now - 1),
        "has a request for ever": shown(buyer, good, expires=2**40 - 1),
        "has one for another server": shown(buyer, good, audience="https://other.example"),
        "has one for another file": shown(buyer, good, content=bytes(32)),
        "has one for another chain": shown(buyer, good, network=(1, str(owner.licenses.address))),
        "has one for another contract": shown(buyer, good, network=(owner.chain_id, stranger.address)),
        "has no licence": shown(stranger),
        "names the licence of another": shown(stranger, good),
        "names a licence that there is not": shown(stranger, 10**9),
        "has a licence of another dataset": shown(other.buyer.signer(), elsewhere),
        "asks by another dataset": shown(other.buyer.signer(), elsewhere, dataset_id=other.dataset),
        "owns another dataset": shown(other.owner.signer(), dataset_id=other.dataset),
        "has no key yet": shown(buyer, waiting),
        "may train alone": shown(buyer, to_train),
        "was proposed a role, and did not accept": shown(proposed.signer()),
        "buys, and asks by a role": shown(buyer),
        "names a dataset that there is not": shown(stranger, dataset_id=10**9),
    }


def stranger_bytes(sale: PrivateSale, served: ContainerServer, kinds: dict[str, Shown]) -> dict[str, int]:
    """How many bytes of the container each kind of stranger got, by whole and partial questions."""
    sealed, counted = sale.sealed, {}
    for kind, shown in kinds.items():
        bodies = [
            get(served, sale.content, shown, range_, method).content
            for method in ("GET", "HEAD", "POST")
            for range_ in (None, "bytes=0-15", "bytes=-64", f"bytes={SEGMENT}-")
        ]
        pieces = (body[at : at + 16] for body in bodies for at in range(0, len(body) - 15, 16))
        counted[kind] = sum(len(piece) for piece in pieces if piece in sealed)
    return counted
