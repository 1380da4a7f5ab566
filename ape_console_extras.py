"""What `ape console` opens with: the deployed contracts by name, and short verbs.

    ape console --network ethereum:local:http://127.0.0.1:8545

    >>> offers()              what can be bought, and for how much
    >>> buy(1, account)       buys a licence, for biomedical research unless `purpose` says else
    >>> licenses(account)     an account's licences and their states
    >>> lineage(1)            a model's versions, down to the datasets they were trained on
    >>> audits()              what auditors attested of inferences
    >>> who("hospital.example")   which account a domain proves to be its own, asked by HTTPS

The addresses come from deployments/<network>.json, or the file that BIODESCI_DEPLOYMENT names.
"""

from __future__ import annotations

import json
import os
import time
from enum import IntEnum
from pathlib import Path
from typing import Any

from biodesci.asking.public import PublicWeb
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.records import Enrolments, License, Listing, ModelVersion, Request, Round, fill
from biodesci.core import cid, visa
from biodesci.core.documents.institution import UNPROVEN
from biodesci.core.errors import BioDeSciError
from biodesci.core.onchain import DAY, NOBODY
from biodesci.registry.institutions import prove

ROOT = Path(__file__).resolve().parent
ROUND_KINDS = ("statistics", "training")
BIOMEDICAL = 1 << 2  # HMB in DuoPolicy


def _words(state: IntEnum) -> str:
    return state.name.lower().replace("_", " ")


def _file(chain: Any) -> Path:
    local = chain.chain_id == 31337
    default = ROOT / "deployments" / ("local.json" if local else f"{chain.provider.network.name}.json")
    return Path(os.environ.get("BIODESCI_DEPLOYMENT") or default)


def deployment(chain: Any) -> dict[str, str] | str:
    """Contract name -> address on this chain, or a message that says why there is none."""
    path = _file(chain)
    if not path.is_file():
        return f"Nothing is deployed: there is no {path}. Run `ape run deploy`, or set BIODESCI_DEPLOYMENT."
    data = json.loads(path.read_text())
    if data["chainId"] != chain.chain_id:
        return f"{path} is of chain {data['chainId']}; this is chain {chain.chain_id}. Choose with --network."
    addresses = {name: entry["address"] for name, entry in data["contracts"].items()}
    gone = [name for name, address in addresses.items() if not chain.provider.get_code(address)]
    if gone:
        return f"{path} is of another run of this chain: no code at {', '.join(gone)}. Run `ape run deploy`."
    return addresses


def ape_init_extras(chain: Any, project: Any) -> dict[str, Any]:
    """Called by Ape; what it returns is in the console's namespace."""
    found = deployment(chain)
    if isinstance(found, str):
        print(f"BioDeSci: {found}")  # noqa: T201 (this is the console's own output)
        return {}
    contracts = {name: getattr(project, name).at(address) for name, address in found.items()}
    short = verbs(chain, contracts)
    names = ", ".join((*contracts, *(f"{verb}()" for verb in short)))
    print(f"BioDeSci: {names}")  # noqa: T201
    return {**contracts, **short}


def verbs(chain: Any, contracts: dict[str, Any]) -> dict[str, Any]:
    """The console's verbs, each a reading of state (but for `buy`)."""
    nft, market, lens = contracts["DatasetNFT"], contracts["AccessLicense"], contracts["LicenseLens"]
    registry, inference = contracts["ModelRegistry"], contracts["InferenceCommitment"]

    def datasets() -> list[dict[str, Any]]:
        """Every dataset: its owner, versions and card."""
        return [
            {
                "id": i,
                "owner": nft.ownerOf(i),
                "versions": nft.latestVersion(i),
                "withdrawn": nft.isWithdrawn(i, nft.latestVersion(i)),
                "card": nft.tokenURI(i),
            }
            for i in range(1, nft.datasetCount() + 1)
        ]

    def offers() -> list[dict[str, Any]]:
        """The open offers: dataset, right and price (in the currency's smallest unit)."""
        listings = (fill(Listing, lens.offerOf(i), i) for i in range(1, lens.offerCount() + 1))
        return [
            {
                "id": listing.id,
                "dataset": listing.offer.dataset_id,
                "right": _words(listing.offer.right),
                "price": listing.offer.price,
                "currency": "ETH" if listing.offer.currency == NOBODY else listing.offer.currency,
                "days": listing.offer.duration // DAY or None,
                "uses": listing.offer.uses or None,
                "visas": visa.names(listing.offer.visas),
                "arbiter": None if listing.offer.arbiter == NOBODY else listing.offer.arbiter,
                "earned_over_time": listing.offer.pro_rata,
            }
            for listing in listings
            if listing.open
        ]

    def licenses(account: Any = None) -> list[dict[str, Any]]:
        """The licences, or those of one account."""
        all_ = (fill(License, lens.licenseOf(i), i) for i in range(1, lens.licenseCount() + 1))
        return [
            {
                "id": license.id,
                "dataset": license.dataset_id,
                "licensee": license.licensee,
                "right": _words(license.right),
                "state": _words(license.state),
                "active": market.isActive(license.id),
            }
            for license in all_
            if account is None or license.licensee == str(getattr(account, "address", account))
        ]

    def buy(offer_id: int, account: Any, purpose: int = BIOMEDICAL, may_review: bool = False) -> int:
        """Buys a licence for the latest version and returns its id; the account needs a key.

        `purpose` is of DuoPolicy's bits; one that a person has to review is bought with `may_review=True`. Of
        an offer in a token, approve the price first; one that requires visas: `biodesci license buy`. How
        disputes end, and who decides them, is in `offers()`: without an arbiter there are none.
        """
        offer = fill(Listing, lens.offerOf(offer_id), offer_id).offer
        value = offer.price if offer.currency == NOBODY else 0
        version = nft.latestVersion(offer.dataset_id)
        receipt = market.purchase(
            offer_id, offer.hash, version, purpose, may_review, value=value, sender=account
        )
        (event,) = (log for log in receipt.events if log.event_name == "LicensePurchased")
        return int(event.licenseId)

    def models() -> list[dict[str, Any]]:
        """Every model: its owner, versions and card."""
        return [
            {
                "id": i,
                "owner": registry.ownerOf(i),
                "versions": registry.latestVersion(i),
                "open_round": registry.openRoundOf(i) or None,
                "card": registry.tokenURI(i),
            }
            for i in range(1, registry.modelCount() + 1)
        ]

    def rounds(model_id: int | None = None) -> list[dict[str, Any]]:
        """The federated rounds, or those of one model."""
        all_ = (fill(Round, registry.roundOf(i), i) for i in range(1, registry.roundCount() + 1))
        return [
            {
                "id": round_.id,
                "model": round_.model_id,
                "kind": ROUND_KINDS[round_.kind],
                "state": _words(round_.state),
                "base_version": round_.base_version,
                "enrolled": round_.enrolled,
                "committed": round_.committed,
            }
            for round_ in all_
            if model_id in (None, round_.model_id)
        ]

    def requests() -> list[dict[str, Any]]:
        """Every inference request and its state."""
        all_ = (fill(Request, inference.requestOf(i), i) for i in range(1, inference.requestCount() + 1))
        return [
            {
                "id": request.id,
                "model": request.model_id,
                "version": request.version,
                "requester": request.requester,
                "worker": request.worker,
                "state": _words(request.state),
            }
            for request in all_
        ]

    def lineage(model_id: int) -> list[dict[str, Any]]:
        """Every version of a model: its round, and the nodes and datasets summed in it."""
        versions = []
        for number in range(1, registry.latestVersion(model_id) + 1):
            round_id = fill(ModelVersion, registry.versionOf(model_id, number), model_id, number).round_id
            roster = fill(Enrolments, registry.rosterOf(round_id)).roster if round_id else ()
            summed = [entry for entry in roster if entry.committed]
            versions.append(
                {
                    "version": number,
                    "round": round_id or None,
                    "nodes": [entry.node for entry in summed],
                    "datasets": [entry.dataset_id for entry in summed],
                }
            )
        return versions

    def audits(request_id: int | None = None) -> list[dict[str, Any]]:
        """What auditors attested of inference requests, or of one: anybody may, so look who named whom."""
        return [
            {
                "request": log.requestId,
                "auditor": log.auditor,
                "named_by": ("nobody", "the model's owner", "the requester")[log.standing],
                "passed": bool(log.passed),
                "report": cid.from_digest(bytes(log.report)),
            }
            for log in inference.AuditAttested.range(0, chain.blocks.head.number + 1)
            if request_id in (None, log.requestId)
        ]

    def who(domain: str) -> dict[str, Any]:
        """Which account a domain proves to be its own, and the name and ROR id that it gives itself.

        Only a domain can be asked: an address alone says nothing of whose it is.
        """
        try:
            reader = Chain(chain.provider.http_uri, load_deployment(_file(chain)))
            proven = prove(reader, PublicWeb(seconds=5.0), domain, int(time.time()))
        except BioDeSciError as exc:
            return {"domain": domain, "institution": UNPROVEN, "why": exc.message}
        return {"domain": proven.domain, "institution": proven.in_words(), "account": proven.account}

    readings = (datasets, offers, licenses, models, rounds, lineage, requests, audits, who)
    return {f.__name__: f for f in (*readings, buy)}
