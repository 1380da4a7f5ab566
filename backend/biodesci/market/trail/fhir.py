"""An audit trail as a FHIR R4B Bundle of AuditEvent resources, in JSON, an event on each line.

Accounts and tokens are named as CAIP-10 and CAIP-19 have it (https://chainagnostic.org/CAIPs/caip-10,
caip-19): "eip155:1:0x..." is an account on Ethereum.
"""

from __future__ import annotations

import uuid
from typing import Final

from biodesci.core import canonical
from biodesci.core.documents.audit_event import (
    Agent,
    AuditEvent,
    BundleEntry,
    Coding,
    Concept,
    Detail,
    Entity,
    Identifier,
    Reference,
    Source,
)
from biodesci.core.documents.trail import TrailHead
from biodesci.market.trail import meaning
from biodesci.market.trail.following import Args, Entry

_LIFECYCLE: Final = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_URI: Final = "urn:ietf:rfc:3986"
_EVENT: Final = "urn:biodesci:event"


class Fhir:
    """Writes the bundle; `ending` is of the file's name."""

    ending: Final = ".fhir.json"

    def __init__(self, head: TrailHead) -> None:
        self._head = head
        self._is_first = True

    def begin(self) -> bytes:
        """The bundle up to its entries."""
        name = Identifier(system=_URI, value=self._token("DatasetNFT", self._head.dataset_id))
        identifier = canonical.dumps(name.model_dump(mode="json"))
        return b'{"resourceType":"Bundle","type":"collection","identifier":' + identifier + b',"entry":['

    def entry(self, entry: Entry) -> bytes:
        """An event's line."""
        separator, self._is_first = b"\n" if self._is_first else b",\n", False
        return separator + canonical.dumps(self._bundled(entry).model_dump(mode="json"))

    def end(self) -> bytes:
        """What closes the bundle."""
        return b"\n]}\n"

    def _bundled(self, entry: Entry) -> BundleEntry:
        said, contract = meaning.of(entry), self._head.contracts[entry.contract]
        place = f"{entry.block.number}-{entry.transaction_index}-{entry.log}"
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{self._account(contract)}#{entry.block.hash.hex()}-{place}")
        event = AuditEvent(
            id=place,
            type=Coding(system=_LIFECYCLE, code=said.lifecycle),
            subtype=[Coding(system=_EVENT, code=f"{entry.contract}.{entry.name}", display=said.words)],
            action=said.action,
            recorded=f"{entry.time:%Y-%m-%dT%H:%M:%SZ}",
            agent=self._agents(entry, contract),
            source=Source(observer=self._reference(self._account(contract), entry.contract)),
            entity=self._entities(entry),
        )
        return BundleEntry(full_url=f"urn:uuid:{name}", resource=event)

    def _agents(self, entry: Entry, contract: str) -> list[Agent]:
        # FHIR asks for an agent; of some events the contract tells without saying who called it.
        parties = meaning.parties(entry) or [meaning.Party(contract, "contract", False)]
        return [
            Agent(
                role=[Concept(text=party.role)],
                who=self._reference(self._account(party.address)),
                alt_id=party.address,
                requestor=party.is_caller,
            )
            for party in parties
        ]

    def _entities(self, entry: Entry) -> list[Entity]:
        dataset = self._token("DatasetNFT", entry.args.get("datasetId") or self._head.dataset_id)
        more = {"purposeCodes": meaning.purpose(entry.args), "reasonText": meaning.reason(entry.args)}
        place = {
            "block": entry.block.number, "blockHash": "0x" + entry.block.hash.hex(),
            "transactionIndex": entry.transaction_index, "log": entry.log,
        }  # fmt: skip
        entities = [
            Entity(
                what=self._reference(dataset, "dataset"),
                detail=_details({**entry.args, **{name: text for name, text in more.items() if text}}),
            )
        ]
        if entry.license_id is not None:
            token = self._token("AccessLicense", entry.license_id)
            licence = _details({"licence": entry.license_id})
            entities.append(Entity(what=self._reference(token, "licence"), detail=licence))
        sent = f"eip155:{self._head.chain_id}:tx:0x{entry.transaction.hex()}"
        return [*entities, Entity(what=self._reference(sent, "transaction"), detail=_details(place))]

    def _account(self, address: str) -> str:
        return f"eip155:{self._head.chain_id}:{address}"

    def _token(self, contract: str, number: int) -> str:
        return f"eip155:{self._head.chain_id}/erc721:{self._head.contracts[contract]}/{number}"

    def _reference(self, uri: str, display: str | None = None) -> Reference:
        return Reference(identifier=Identifier(system=_URI, value=uri), display=display)


def _details(args: Args) -> list[Detail]:
    """The fields of an event: texts as they are, other values in canonical JSON. An event without fields has
    none of these either."""
    return [
        Detail(type=name, value_string=value if isinstance(value, str) else canonical.dumps(value).decode())
        for name, value in args.items()
        if value != ""
    ]
