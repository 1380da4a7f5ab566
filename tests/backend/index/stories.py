"""Long event logs as the contracts could have written them, from a seed: for tests and measurements.

They are what the index reads, so their order is the contracts'; nothing was sold or computed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from biodesci.chain.decoding import checksummed
from biodesci.core.onchain import NOBODY
from biodesci.core.visa import visa_id

Event = tuple[str, str, dict[str, Any]]  # contract, name, arguments as `chain.decoding.decode` gives them
_ZERO = "0x" + "0" * 64


class Story:
    """Datasets, offers, licences, models, rounds and inferences of a few hundred accounts."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._accounts = [checksummed(self._dice.randbytes(20)) for _ in range(300)]
        self._tokens = [NOBODY, *(checksummed(self._dice.randbytes(20)) for _ in range(3))]
        self._owners: dict[int, str] = {}
        self._versions: dict[int, int] = {}
        self._offers: list[tuple[int, int]] = []  # offer, dataset
        self._licenses: list[tuple[int, int]] = []  # licence, dataset
        self._shown: list[tuple[str, str]] = []  # issuer, hash
        self._models: dict[int, str] = {}
        self._model_versions: dict[int, int] = {}
        self._rounds: list[tuple[int, int, list[str]]] = []
        self._requests: list[tuple[int, str, str]] = []

    def events(self, number: int) -> Iterator[Event]:
        """At least so many; the few of one transaction stay together."""
        told = 0
        while told < number:
            for event in self.transaction():
                told += 1
                yield event

    def transaction(self) -> list[Event]:
        """The events of one transaction more."""
        acts: tuple[tuple[int, Callable[[], list[Event]]], ...] = (
            (10, self._publish), (3, self._revise), (1, self._withdraw), (2, self._role),
            (1, self._hand_over),
            (3, self._offer), (1, self._close), (24, self._buy), (22, self._of_a_licence), (1, self._revoke),
            (4, self._register), (2, self._model), (1, self._new_model_version), (1, self._codec),
            (2, self._open), (5, self._of_a_round), (6, self._request), (8, self._of_a_request),
        )  # fmt: skip
        (act,) = self._dice.choices([act for _, act in acts], [weight for weight, _ in acts])
        return act() or self._publish()

    def _word(self) -> str:
        return "0x" + self._dice.randbytes(32).hex()

    def _who(self) -> str:
        return self._dice.choice(self._accounts)

    def _content(self) -> dict[str, Any]:
        return {
            "card": self._word(), "contentRoot": self._word(), "keyCommitment": self._word(),
            "terms": self._dice.getrandbits(20), "diseases": self._dice.choice((_ZERO, self._word())),
        }  # fmt: skip

    # Datasets

    def _publish(self) -> list[Event]:
        number, owner = len(self._owners) + 1, self._who()
        parents = []
        if self._owners and self._dice.random() < 0.2:
            parent = self._dice.randint(1, len(self._owners))
            proven = self._dice.random() < 0.6
            parents = [{"datasetId": parent, "version": self._versions[parent], "proven": proven}]
        self._owners[number], self._versions[number] = owner, 1
        return [
            ("DatasetNFT", "Transfer", {"from": NOBODY, "to": owner, "tokenId": number}),
            (
                "DatasetNFT",
                "DatasetPublished",
                {"datasetId": number, "owner": owner, **self._content(), "parents": parents},
            ),
            *self._offer(number),
        ]

    def _dataset(self) -> int:
        return self._dice.randint(1, len(self._owners)) if self._owners else 0

    def _revise(self) -> list[Event]:
        if not (number := self._dataset()):
            return []
        self._versions[number] += 1
        whose = {"datasetId": number, "version": self._versions[number], "publisher": self._owners[number]}
        return [
            ("DatasetNFT", "VersionPublished", whose | self._content()),
            ("DatasetNFT", "MetadataUpdate", {"_tokenId": number}),
        ]

    def _withdraw(self) -> list[Event]:
        if not (number := self._dataset()):
            return []
        which = {"datasetId": number, "version": self._dice.randint(1, self._versions[number])}
        return [("DatasetNFT", "VersionWithdrawn", {**which, "by": self._owners[number]})]

    def _role(self) -> list[Event]:
        if not (number := self._dataset()):
            return []
        name = self._dice.choice(("RoleGranted", "RoleAccepted", "RoleRevoked"))
        args = {"datasetId": number, "role": self._dice.randint(0, 2), "account": self._who()}
        return [("DatasetNFT", name, args if name == "RoleAccepted" else args | {"by": self._owners[number]})]

    def _hand_over(self) -> list[Event]:
        if not (number := self._dataset()):
            return []
        before, self._owners[number] = self._owners[number], self._who()
        return [("DatasetNFT", "Transfer", {"from": before, "to": self._owners[number], "tokenId": number})]

    # Licences

    def _offer(self, dataset: int = 0) -> list[Event]:
        if not (number := dataset or self._dataset()):
            return []
        self._offers.append((len(self._offers) + 1, number))
        offer = {
            "datasetId": number, "price": self._dice.getrandbits(70),
            "currency": self._dice.choice(self._tokens), "duration": self._dice.choice((0, 3600)),
            "uses": self._dice.choice((0, 5)), "deliveryWindow": 600, "disputeWindow": 600,
            "right": self._dice.randint(0, 2), "visas": 0, "proRata": self._dice.random() < 0.3,
            "arbiter": self._who(),
        }  # fmt: skip
        whose = {"offerId": len(self._offers), "datasetId": number, "by": self._owners[number]}
        return [("AccessLicense", "OfferCreated", {**whose, "offer": offer})]

    def _close(self) -> list[Event]:
        if not self._offers:
            return []
        offer, dataset = self._dice.choice(self._offers)
        args = {"offerId": offer, "datasetId": dataset, "by": self._owners[dataset]}
        return [("AccessLicense", "OfferClosed", args)]

    def _buy(self) -> list[Event]:
        if not self._offers:
            return []
        (offer, dataset), buyer = self._dice.choice(self._offers), self._who()
        number = len(self._licenses) + 1
        self._licenses.append((number, dataset))
        events: list[Event] = []
        if self._dice.random() < 0.1:
            issuer, hashed = self._who(), self._word()
            self._shown.append((issuer, hashed))
            shown = ["0x" + visa_id(issuer, bytes.fromhex(hashed[2:])).hex()]
            args = {"licenseId": number, "visaIds": shown, "expire": 2**31}
            events.append(("AccessLicense", "VisasShown", args))
        sold = {
            "licenseId": number, "datasetId": dataset, "licensee": buyer, "offerId": offer,
            "version": self._versions[dataset], "purpose": self._dice.getrandbits(20),
            "needsReview": self._dice.random() < 0.1, "by": buyer,
        }  # fmt: skip
        minted = {"from": NOBODY, "to": buyer, "tokenId": number}
        return [
            *events,
            ("AccessLicense", "Transfer", minted),
            ("AccessLicense", "Locked", {"tokenId": number}),
            ("AccessLicense", "LicensePurchased", sold),
        ]

    def _of_a_licence(self) -> list[Event]:
        if not self._licenses:
            return []
        number, dataset = self._dice.choice(self._licenses[-400:])
        owner, sums = self._owners[dataset], (self._dice.getrandbits(60), self._dice.getrandbits(40))
        by = {"licenseId": number, "by": self._dice.choice((owner, self._who()))}
        paid = {"owner": owner, "amount": sums[0], "publisher": owner, "royalty": sums[1]}
        name, more = self._dice.choice((
            ("LicenseApproved", {}), ("LicenseDelivered", {"envelope": self._word()}),
            ("LicenseDelivered", {"envelope": self._word()}), ("KeyRedelivered", {"envelope": self._word()}),
            ("LicenseSettled", paid), ("LicenseSettled", paid), ("LicenseEarned", paid),
            ("LicenseConsumed", {"usesLeft": 3}), ("LicenseDisputed", {"reason": self._word()}),
            ("LicenseRejected", {"reason": self._word()}), ("LicenseRevoked", {"reason": self._word()}),
            ("LicenseRefunded", {"licensee": self._who(), "amount": sums[0]}),
        ))  # fmt: skip
        return [("AccessLicense", name, {**by, **more})]

    def _revoke(self) -> list[Event]:
        if not self._shown:
            return []
        issuer, hashed = self._dice.choice(self._shown)
        return [("VisaRegistry", "VisaRevoked", {"issuer": issuer, "visaHash": hashed})]

    def _register(self) -> list[Event]:
        key = "0x" + self._dice.randbytes(1_216).hex()  # as long as X-Wing's
        args = {"account": self._who(), "index": 0, "keyHash": self._word(), "publicKey": key}
        return [("KeyRegistry", "KeyRegistered", args)]

    # Models

    def _model(self) -> list[Event]:
        number, owner = len(self._models) + 1, self._who()
        self._models[number], self._model_versions[number] = owner, 1
        parts = {name: self._word() for name in ("architecture", "card", "weightsRoot", "weights")}
        return [
            ("ModelRegistry", "Transfer", {"from": NOBODY, "to": owner, "tokenId": number}),
            ("ModelRegistry", "ModelRegistered", {"modelId": number, "owner": owner, **parts}),
        ]

    def _of_models(self) -> int:
        return self._dice.randint(1, len(self._models)) if self._models else 0

    def _new_model_version(self) -> list[Event]:
        if not (number := self._of_models()):
            return []
        self._model_versions[number] += 1
        args = {"modelId": number, "version": self._model_versions[number], "roundId": 0}
        parts = {"weightsRoot": self._word(), "weights": self._word(), "by": self._models[number]}
        return [("ModelRegistry", "ModelVersionPublished", args | parts)]

    def _codec(self) -> list[Event]:
        if not (number := self._of_models()):
            return []
        args = {"modelId": number, "account": self._who(), "kind": self._dice.randint(0, 1)}
        more = {"envelope": self._word(), "by": self._models[number]}
        return [("ModelRegistry", "CodecGranted", args | more)]

    def _open(self) -> list[Event]:
        if not (number := self._of_models()):
            return []
        self._rounds.append((len(self._rounds) + 1, number, []))
        opening = {
            "kind": self._dice.choice((0, 1)), "plan": self._word(), "invited": self._word(),
            "aggregator": self._who(), "minNodes": 2, "colluders": 0, "enrolBy": 10**9, "commitBy": 10**9 + 1,
            "finalizeBy": 10**9 + 2,
        }  # fmt: skip
        whose = {"roundId": len(self._rounds), "modelId": number, "owner": self._models[number]}
        return [("ModelRegistry", "RoundOpened", {**whose, "baseVersion": 1, "opening": opening})]

    def _of_a_round(self) -> list[Event]:
        if not self._rounds:
            return []
        number, _, nodes = self._dice.choice(self._rounds[-20:])
        of, node = {"roundId": number}, self._who()
        if node not in nodes and self._dice.random() < 0.4:
            nodes.append(node)
            entry = {"datasetId": self._dataset(), "version": 1, "licenseId": 0, "index": len(nodes) - 1}
            return [("ModelRegistry", "NodeEnrolled", {**of, "node": node, **entry, "roundKeys": "0x1234"})]
        if not nodes:
            return []
        name, more = self._dice.choice((
            ("UpdateCommitted", {"node": self._dice.choice(nodes), "commitment": self._word()}),
            ("RoundStarted", {"by": node, "enrolled": len(nodes)}),
            ("CommitsClosed", {"aggregator": node, "summed": nodes[:3]}),
            ("RoundFinalized", {"aggregator": node, "result": self._word(), "version": 2}),
            ("RoundAborted", {"by": node, "reason": self._word()}),
        ))  # fmt: skip
        return [("ModelRegistry", name, {**of, **more})]

    # Inferences

    def _request(self) -> list[Event]:
        if not (number := self._of_models()):
            return []
        worker, requester = self._who(), self._who()
        self._requests.append((len(self._requests) + 1, worker, requester))
        args = {
            "requestId": len(self._requests), "modelId": number, "worker": worker, "requester": requester,
            "version": 1, "inputCommitment": self._word(), "input": self._word(), "arbiter": NOBODY,
            "fee": self._dice.getrandbits(60), "challengeWindow": 600, "deadline": 10**9,
        }  # fmt: skip
        return [("InferenceCommitment", "InferenceRequested", args)]

    def _of_a_request(self) -> list[Event]:
        if not self._requests:
            return []
        number, worker, requester = self._dice.choice(self._requests[-100:])
        paid = self._dice.getrandbits(60)
        output = {"outputCommitment": self._word(), "output": self._word()}
        name, more = self._dice.choice((
            ("InferenceCommitted", {"worker": worker, **output}),
            ("InferenceCommitted", {"worker": worker, **output}),
            ("InferenceCancelling", {"requester": requester, "deadline": 10**9 + 5}),
            ("InferenceChallenged", {"requester": requester, "evidence": self._word()}),
            ("InferenceFinalized", {"worker": worker, "paid": paid, "by": worker}),
            ("InferenceRefused", {"requester": requester, "paid": paid, "by": requester}),
            ("InferenceExpired", {"requester": requester, "paid": paid, "by": worker}),
            (
                "AuditAttested",
                {"auditor": self._who(), "standing": 1, "passed": True, "report": self._word()},
            ),
        ))  # fmt: skip
        return [("InferenceCommitment", name, {"requestId": number, **more})]
