"""Rounds as the chain has them: state, roster, survivors, plan; and signatures of messages between parties.

Nothing here holds a secret, trains or reads data: the aggregator, the nodes and the model owner all use it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct
from eth_account.signers.local import LocalAccount
from eth_keys.exceptions import BadSignature
from eth_utils.address import to_checksum_address
from eth_utils.exceptions import ValidationError

from biodesci.chain.client import Chain
from biodesci.core import canonical, checkpoint, commitment
from biodesci.core.errors import AccessDeniedError, IntegrityError, NotFoundError, StateError
from biodesci.core.onchain import RoundState
from biodesci.fl.masking import Context
from biodesci.fl.protocol import Member, Roster
from biodesci.ipfs.client import Ipfs
from biodesci.services.round_plan import KINDS, MAX_PLAN, Plan

MessageKind = Literal["shares", "masked", "unmask"]
MAX_WEIGHTS = 1 << 31
ZERO = bytes(32)


@dataclass(frozen=True)
class Round:
    """A round's record on chain."""

    id: int
    model_id: int
    plan: bytes
    result: bytes
    aggregator: str
    base_version: int
    min_nodes: int
    enrolled: int
    committed: int
    kind: int
    state: RoundState
    enrol_by: int
    commit_by: int
    finalize_by: int


@dataclass(frozen=True)
class Enrolment:
    node: str
    dataset_id: int
    commitment: bytes

    @property
    def committed(self) -> bool:
        return self.commitment != ZERO


@dataclass(frozen=True)
class Version:
    """A model version's record on chain."""

    weights_root: bytes
    weights: bytes
    round_id: int
    published_at: int


def raw(address: str) -> bytes:
    return commitment.address(address)


def shown(address: bytes) -> str:
    return str(to_checksum_address(address))


def read(chain: Chain, round_id: int) -> Round:
    """Raises NotFoundError when there is no such round."""
    (model, plan, result, aggregator, base, least, enrolled, committed, kind, state, *deadlines) = chain.call(
        chain.models.functions.roundOf(round_id)
    )
    if state == RoundState.NONE:
        raise NotFoundError(f"There is no round {round_id}.", "List them: biodesci round list.")
    return Round(
        round_id,
        model,
        plan,
        result,
        aggregator,
        base,
        least,
        enrolled,
        committed,
        kind,
        RoundState(state),
        *deadlines,
    )


def count(chain: Chain) -> int:
    """How many rounds there are; their ids are 1 to this."""
    return int(chain.call(chain.models.functions.roundCount()))


def version(chain: Chain, model_id: int, number: int) -> Version:
    return Version(*chain.call(chain.models.functions.versionOf(model_id, number)))


def enrolments(chain: Chain, round_id: int) -> list[Enrolment]:
    return [Enrolment(*entry) for entry in chain.call(chain.models.functions.rosterOf(round_id))]


def roster(chain: Chain, round_id: int) -> Roster:
    """The roster in order of enrolment, with the round keys of the enrolment transactions.

    Raises IntegrityError when the chain node's events do not fit its state.
    """
    first = chain.deployment.contracts["ModelRegistry"].block
    found: dict[str, dict[str, Any]] = {}
    for event in chain.events(chain.models, "NodeEnrolled", first, filters={"roundId": round_id}):
        found[event["args"]["node"]] = dict(event["args"])
    members = []
    for i, entry in enumerate(enrolments(chain, round_id)):
        args = found.get(entry.node)
        if (
            args is None
            or args["index"] != i
            or args["datasetId"] != entry.dataset_id
            or len(args["roundKeys"]) != 64
        ):
            raise IntegrityError(
                f"The chain node's events of round {round_id} do not fit its roster.",
                "Use another chain node.",
            )
        keys = bytes(args["roundKeys"])
        members.append(Member(raw(entry.node), keys[:32], keys[32:]))
    return tuple(members)


def survivors(chain: Chain, round_id: int) -> list[Enrolment]:
    """Who committed an update; fixed once the round is in the state Unmasking."""
    return [entry for entry in enrolments(chain, round_id) if entry.committed]


def context(chain: Chain, round_id: int) -> Context:
    return Context(chain.chain_id, raw(chain.models.address), round_id)


def fetch_plan(chain: Chain, ipfs: Ipfs, found: Round) -> Plan:
    """The round's plan, checked against what the chain says of the round and its model."""
    plan = Plan.from_bytes(ipfs.cat(found.plan, max_size=MAX_PLAN))
    if (plan.model_id, plan.base_version, KINDS.index(plan.kind)) != (
        found.model_id,
        found.base_version,
        found.kind,
    ):
        raise IntegrityError(
            f"The plan of round {found.id} is for another model, version or kind than the round itself.",
            "Do not take part; tell the model owner.",
        )
    architecture = chain.call(chain.models.functions.architectureOf(found.model_id))
    commitment.check(architecture, canonical.sha256(dict(plan.architecture)), "plan's architecture")
    return plan


def fetch_weights(chain: Chain, ipfs: Ipfs, model_id: int, number: int) -> dict[str, checkpoint.Tensor]:
    """The encrypted weights of a version, checked against the weights root on chain."""
    on_chain = version(chain, model_id, number)
    tensors = checkpoint.load(ipfs.cat(on_chain.weights, max_size=MAX_WEIGHTS))
    commitment.check(on_chain.weights_root, checkpoint.root(tensors), f"model {model_id}, version {number}")
    return tensors


def sign(account: LocalAccount, where: Context, kind: MessageKind, body: bytes) -> str:
    """EIP-191 signature over the round, the kind and the body's hash."""
    signed = account.sign_message(_signable(where, kind, body))
    return "0x" + bytes(signed.signature).hex()


def signer(where: Context, kind: MessageKind, body: bytes, signature: str) -> bytes:
    """Whose signature it is (20 bytes). Raises AccessDeniedError when it is none."""
    try:
        if len(bytes.fromhex(signature.removeprefix("0x"))) != 65:
            raise ValueError("a signature has 65 bytes")
        return raw(Account.recover_message(_signable(where, kind, body), signature=signature))
    except (ValueError, TypeError, ValidationError, BadSignature) as exc:
        raise AccessDeniedError(
            "The message's signature is not valid.", "Sign it with the node's account."
        ) from exc


def _signable(where: Context, kind: MessageKind, body: bytes) -> SignableMessage:
    return encode_defunct(
        text="\n".join(
            (
                "BioDeSci round message v1",
                f"chain {where.chain_id}",
                f"registry 0x{where.registry.hex()}",
                f"round {where.round_id}",
                f"kind {kind}",
                f"sha256 {hashlib.sha256(body).hexdigest()}",
            )
        )
    )


def require_open(found: Round) -> None:
    if found.state.is_over:
        raise StateError(
            f"Round {found.id} is over ({found.state.name.lower()}).", "Wait for the next round."
        )
