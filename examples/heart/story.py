"""The story, step by step, on the heart-disease data of four hospitals.

People's actions are calls of the same services that the command line and the page use; custodians, training
nodes, aggregator, inference worker, indexer and API are processes of their own.
"""

from __future__ import annotations

from typing import Any

from biodesci.core import duo, licenses
from biodesci.core.errors import StateError
from biodesci.core.onchain import Role
from biodesci.core.patience import persist
from biodesci.inspection.content import Declared
from biodesci.localnet.expect import wait_for
from biodesci.localnet.narrator import Narrator
from biodesci.localnet.stack import Stack
from biodesci.market import arbitration, roles
from biodesci.market.card import DatasetMeta
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import Published, publish
from biodesci.party.containers import Containers
from examples.heart.baselines import ROUNDS
from examples.heart.cast import Cast, Site
from examples.heart.evaluation import audit, infer
from examples.heart.learning import Trained, train
from examples.heart.purchase import license_dataset

PRICE_WEI = 5 * 10**16
DAY = 86_400


class Story:
    """`play` tells all of it; `open` the first two steps, after which the page has something to show.

    With `references` the model is compared with the same training in the clear.
    """

    def __init__(
        self, stack: Stack, narrator: Narrator, rounds: int = ROUNDS, *, references: bool = True
    ) -> None:
        self.stack = stack
        self.narrator = narrator
        self.rounds = rounds
        self.references = references
        self.cast: Cast

    def play(self) -> None:
        """All six steps."""
        self.open()
        self.play_rest()

    def open(self) -> None:
        """Steps 1 and 2: the stack, and four published cohorts."""
        with self.narrator.step("Start the chain, the IPFS node and the contracts"):
            self._start()
        with self.narrator.step("Four hospitals publish their cohorts, encrypted"):
            self._publish()

    def play_rest(self) -> None:
        """Steps 3 to 6: license, train, infer, audit."""
        with self.narrator.step(
            "A researcher buys a licence, and gets the key and the file; nobody else does"
        ):
            license_dataset(self.stack, self.cast, self.narrator)
        trained: Trained
        with self.narrator.step("The hospitals train one model together, under encryption"):
            trained = train(self.stack, self.cast, self.narrator, self.rounds, references=self.references)
        with self.narrator.step("The encrypted model answers on encrypted patients"):
            request_id = infer(self.stack, self.cast, self.narrator, trained)
        with self.narrator.step("An auditor without any key checks the model and the answers"):
            audit(self.stack, self.cast, self.narrator, trained, request_id)

    def published(self) -> list[dict[str, Any]]:
        """The datasets of the four hospitals, for `localnet.session.announce`."""
        return [{"id": s.dataset_id, "offerId": s.offer_id, "file": str(s.table)} for s in self.cast.sites]

    def _start(self) -> None:
        stack, narrator = self.stack, self.narrator
        stack.start_core()
        stack.supervisor.watch()
        self.cast = Cast(stack)
        head = stack.chain().block_number()
        contracts = len(stack.chain().deployment.contracts)
        narrator.fact(
            f"{contracts} contracts deployed by Ape and their code checked; chain at block {head}",
            contracts=contracts,
            block=head,
        )
        stack.start_api()
        narrator.fact(f"indexer and API answer at {stack.api_url}")

    def _publish(self) -> None:
        gas = 0
        arbitration.accept(self.cast.chain(self.cast.arbiter), accepted=True)
        with self.narrator.progress("hospitals", len(self.cast.sites)) as advance:
            for site in self.cast.sites:
                # The first one keeps its encrypted file at home; the others put copies on IPFS.
                is_private = site is self.cast.sites[0]
                published = self._publish_one(site, self.stack.containers_url if is_private else None)
                gas = max(gas, published.gas)
                advance(1)
                rows = site.hospital.train.count(b"\n") - 1
                where = "kept at home" if is_private else "on IPFS"
                self.narrator.fact(
                    f"{site.hospital.name}: {rows} patients checked for identifiers, encrypted, {where}, "
                    f"dataset {published.dataset_id} on chain ({published.gas:,} gas with its offer)",
                    rows=rows,
                    gas=published.gas,
                )
        self.stack.start_containers(self.cast.sites[0].owner)
        for site in self.cast.sites:
            self.stack.worker(f"custodian-{site.slug}", "biodesci.workers.custodian", site.custodian)
        self._check_ciphertext()
        wait_for(
            lambda: self.stack.count("datasets") == len(self.cast.sites),
            "the indexer to have read the datasets",
        )
        self.narrator.fact("the API lists all four, with their terms and cards, from chain and IPFS alone")

    def _publish_one(self, site: Site, served_at: str | None) -> Published:
        chain = self.cast.chain(site.owner)
        meta = DatasetMeta(
            name=f"Heart disease, {site.hospital.name}",
            description="Patients referred for coronary angiography: demographics, symptoms, ECG and "
            "exercise test, with the angiographic diagnosis (0: none, 1-4: increasingly severe).",
            creator=f"{site.hospital.name} (Detrano et al. 1989)",
            license=licenses.parse("CC-BY-4.0"),
            keywords=("cardiology", "heart disease", "angiography"),
            terms=duo.parse_terms(["HMB", "NCU"]),
            served_at=served_at,
            # Each row is another patient, so that the card may count them.
            declared=Declared(rows_are_people=True),
            # Age and sex, of which the inspection asks, were published by these hospitals in 1988.
            confirmed=True,
        )
        # Buyers trust it more than a hospital alone: it decides where a delivery is disputed.
        arbiter = self.cast.arbiter
        offer = OfferTerms("download", PRICE_WEI, duration=30 * DAY, arbiter=arbiter.address)
        published = persist(
            lambda: publish(
                self.cast.member(site.owner),
                site.table,
                meta,
                offer,
            )
        )
        if published.offer_id is None:
            raise StateError(f"Dataset {published.dataset_id} was published without its offer.")
        site.dataset_id, site.offer_id = published.dataset_id, published.offer_id
        roles.grant(chain, site.dataset_id, Role.CUSTODIAN, site.custodian.address)
        roles.accept(self.cast.chain(site.custodian), site.dataset_id, Role.CUSTODIAN)
        return published

    def _check_ciphertext(self) -> None:
        """What lies in the IPFS repository must not hold a single line of any cohort."""
        lines = {
            line for s in self.cast.sites for line in s.hospital.train.splitlines()[1:] if len(line) > 30
        }
        blocks = [p.read_bytes() for p in (self.stack.state / "ipfs").rglob("*.data")]
        leaked = sum(line in block for line in lines for block in blocks)
        if leaked:
            raise StateError(f"{leaked} patient records are readable in the IPFS repository.")
        self.narrator.fact(
            f"searched {len(blocks)} IPFS blocks for {len(lines)} patient records: none is readable",
            leaked=leaked,
        )
        private = Containers(self.cast.sites[0].owner.home)
        (kept,) = (private.path(held.content).read_bytes() for held in private.all())
        if any(kept[at : at + 1_000] in block for at in range(0, len(kept), 1_000) for block in blocks):
            raise StateError("The IPFS repository has a part of the container that was to stay at home.")
