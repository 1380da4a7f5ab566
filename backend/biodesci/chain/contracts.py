"""Exported ABIs (`abi/*.json`, written by `scripts/export_abi.py`) and the custom errors in them."""

from __future__ import annotations

import json
import re
from enum import IntEnum
from functools import cache
from importlib.resources import files
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from web3 import Web3
from web3.exceptions import ContractLogicError

from biodesci.core.documents.deployment import CONTRACTS
from biodesci.core.errors import ConfigurationError, RevertedError
from biodesci.core.onchain import LAST_SECOND, LicenseState, RequestState, RoundState, utc

HINTS = {
    "AccessLicense_BadDiseaseProof": "Make the proof from the ontology release that the card names.",
    "AccessLicense_BadOffer": "Correct the field named; delivery takes at most 365 days, a dispute 90.",
    "AccessLicense_BadSignature": "The order was changed, or signed by another account: have it signed anew.",
    "AccessLicense_BuyerIsArbiter": "The offer's arbiter can't buy it: buy with another account.",
    "AccessLicense_Denied": "The dataset's terms don't allow this purpose.",
    "AccessLicense_EmptyField": "Fill in the field named.",
    "AccessLicense_NeedsReview": "The buyer didn't agree to wait for the committee: show the proof of the "
    "disease, or have an order signed that may be reviewed.",
    "AccessLicense_NoKey": "Register an encryption key first: biodesci key register.",
    "AccessLicense_NotActive": "The licence is not delivered, has expired, or was revoked.",
    "AccessLicense_NotArbiter": "Only the arbiter that the offer names decides a dispute.",
    "AccessLicense_NotCustodian": "Only the dataset's owner or its custodian delivers keys.",
    "AccessLicense_NotDatasetContract": "Only DatasetNFT calls this: use publish with an offer.",
    "AccessLicense_NotDatasetOwner": "Use the account that owns the dataset.",
    "AccessLicense_NotLicensee": "Use the account that bought the licence.",
    "AccessLicense_NotRenewable": "It has no end and no count of uses, or more uses than can be counted.",
    "AccessLicense_NothingOwed": "There is nothing to pay out.",
    "AccessLicense_OfferClosed": "Choose an open offer: biodesci dataset show ID.",
    "AccessLicense_OrderExpired": "Ask the buyer for another order: biodesci license order OFFER_ID.",
    "AccessLicense_Soulbound": "Licences cannot be transferred.",
    "AccessLicense_TooEarly": "Wait until the time shown.",
    "AccessLicense_TooLate": "The deadline has passed; see biodesci license show ID.",
    "AccessLicense_TransferFailed": "The receiving account refuses ether: name another.",
    "AccessLicense_UnknownLicense": "Check the number: biodesci license list.",
    "AccessLicense_UnknownOffer": "See a dataset's offers: biodesci dataset show ID.",
    "AccessLicense_VisaLapsed": "A visa expired or was revoked: take a refund, and buy with new ones.",
    "AccessLicense_VisasRequired": "Show what the offer requires: biodesci license buy ID --visa FILE.",
    "AccessLicense_VisasTooShort": "Show visas that are valid for as long as the order says.",
    "AccessLicense_Withdrawn": "Consent was withdrawn: this version is not sold or released any more.",
    "AccessLicense_WrongAmountReceived": "The token keeps a fee on transfers, and cannot pay here.",
    "AccessLicense_WrongCurrency": "Pay in the currency of the offer: biodesci dataset show ID.",
    "AccessLicense_WrongPrice": "Send exactly what is due in ether; with a token, none.",
    "AccessLicense_WrongState": "See where the licence stands: biodesci license show ID.",
    "DatasetNFT_AlreadyWithdrawn": "Nothing needs to be done.",
    "DatasetNFT_BadTerms": "Name one permission, such as GRU or HMB, and what restricts it.",
    "DatasetNFT_DiseasesWithoutDS": "Name the term DS too, or no diseases.",
    "DatasetNFT_EmptyField": "Fill in the field named.",
    "DatasetNFT_NotOwner": "Use the account that owns the dataset.",
    "DatasetNFT_TooManyParents": "Name fewer datasets that this one is derived from.",
    "DatasetNFT_UnknownParent": "Parents must be published before their descendants.",
    "DatasetNFT_UnknownVersion": "List the versions: biodesci dataset show ID.",
    "ModelRegistry_AlreadyCommitted": "Nothing needs to be done.",
    "ModelRegistry_AlreadyEnrolled": "Nothing needs to be done.",
    "ModelRegistry_BadRound": "Correct the field named; deadlines follow one another, for 2 nodes at least.",
    "ModelRegistry_EmptyField": "Fill in the field named.",
    "ModelRegistry_NotAggregator": "Use the account that the round names as aggregator.",
    "ModelRegistry_NotEnrolled": "Only a node that enrolled takes part: biodesci round show ID.",
    "ModelRegistry_NotEntitled": "Enrol with a dataset you own or hold a Train licence for.",
    "ModelRegistry_NotOwner": "Use the account that owns the model.",
    "ModelRegistry_RosterFull": "Wait for the next round.",
    "ModelRegistry_RoundOpen": "Finish or abort the open round first.",
    "ModelRegistry_TooEarly": "Wait until the time shown.",
    "ModelRegistry_TooFewNodes": "Wait for more nodes; the owner may end the round: biodesci round abort ID.",
    "ModelRegistry_TooLate": "The deadline has passed; see biodesci round show ID.",
    "ModelRegistry_UnknownVersion": "List the versions: biodesci round lineage ID.",
    "ModelRegistry_Withdrawn": "Consent was withdrawn: train on another dataset or version.",
    "ModelRegistry_WrongPlan": "Read the round's plan again and approve that one.",
    "ModelRegistry_WrongState": "See where the round stands: biodesci round show ID.",
    "InferenceCommitment_BadDeadline": "Give the worker between one second and 365 days.",
    "InferenceCommitment_BadWindow": "A challenge window is at most 90 days.",
    "InferenceCommitment_EmptyField": "Fill in the field named; without an arbiter nothing can be disputed.",
    "InferenceCommitment_FeeTooHigh": "Offer a smaller fee.",
    "InferenceCommitment_NoKey": "Both sides need an encryption key: biodesci key register.",
    "InferenceCommitment_NotArbiter": "Only the arbiter that the request names decides.",
    "InferenceCommitment_NotRequester": "Use the account that made the request.",
    "InferenceCommitment_NotWorker": "Use the account of the worker that the request names.",
    "InferenceCommitment_NothingOwed": "There is nothing to pay out.",
    "InferenceCommitment_TooEarly": "Wait until the time shown.",
    "InferenceCommitment_TooLate": "The time for this has passed; see biodesci inference list.",
    "InferenceCommitment_TransferFailed": "The receiving account refuses ether: name another.",
    "InferenceCommitment_WrongState": "See where the request stands: biodesci inference list.",
    "KeyRegistry_BadLength": "Make a key with: biodesci key create.",
    "KeyRegistry_BadSignature": "It was changed, or used before: biodesci key register --sign FILE.",
    "KeyRegistry_NoKey": "Register an encryption key first: biodesci key register.",
    "KeyRegistry_SignatureExpired": "Sign another one: biodesci key register --sign FILE.",
    "VisaRegistry_AlreadyRevoked": "Nothing needs to be done.",
    "VisaRegistry_BadSignature": "It was changed, or not signed by the issuer it names: ask for another.",
    "VisaRegistry_BadTypes": "There are four types of visa: biodesci visa trust --help.",
    "VisaRegistry_Expired": "Ask the issuer for a new visa.",
    "VisaRegistry_GrantIsFixed": "A grant names its dataset; no other value can be required.",
    "VisaRegistry_Missing": "Show one visa of each type that the offer requires: biodesci dataset show ID.",
    "VisaRegistry_NotNeeded": "Leave it out: what is shown is public, and the offer does not require it.",
    "VisaRegistry_NotYetValid": "Wait until the time shown.",
    "VisaRegistry_Revoked": "The issuer took this visa back: ask it for a new one.",
    "VisaRegistry_UntrustedIssuer": "See whom the dataset's owner trusts: biodesci visa trusted OWNER.",
    "VisaRegistry_WrongSubject": "Show visas of the account that buys.",
    "VisaRegistry_WrongValue": "Ask the issuer for a visa with the value that the dataset's owner requires.",
    "InvalidAccountNonce": "It was used or cancelled: have another one signed.",
    "InvalidShortString": "This is a mistake in the contracts: please report it.",
    "ReentrancyGuardReentrantCall": "The token calls back during a payment, and cannot pay here.",
    "SafeCastOverflowedUintDowncast": "The number is too large for its field: give a smaller one.",
    "SafeERC20FailedOperation": "The token refused the transfer: check the balance and what is approved.",
    "StringTooLong": "This is a mistake in the contracts: please report it.",
    "ERC20InsufficientAllowance": "Approve the price for AccessLicense, or repeat: biodesci license buy ID.",
    "ERC20InsufficientBalance": "The account holds too little of the token.",
    "ERC721NonexistentToken": "There is no such token; check the number.",
}
_STATES: dict[str, type[IntEnum]] = {
    "AccessLicense_WrongState": LicenseState,
    "ModelRegistry_WrongState": RoundState,
    "InferenceCommitment_WrongState": RequestState,
}
_MOST_SHOWN = 4 + 8 * 32
_PANICS = {
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x32: "index out of range",
}


@cache
def abi(name: str) -> list[dict[str, Any]]:
    try:
        loaded: list[dict[str, Any]] = json.loads(
            (files("biodesci.chain") / "abi" / f"{name}.json").read_text()
        )
    except FileNotFoundError as exc:
        raise ConfigurationError(
            f"The ABI of {name} is missing from the package.", "Write it with `python scripts/export_abi.py`."
        ) from exc
    return loaded


def _type(entry: dict[str, Any]) -> str:
    kind = str(entry["type"])
    if kind.startswith("tuple"):
        return "(" + ",".join(_type(c) for c in entry["components"]) + ")" + kind[len("tuple") :]
    return kind


# Of tokens (ERC-6093), which a payment passes through.
TOKEN_ERRORS = {
    "ERC20InsufficientAllowance": ("address", "uint256", "uint256"),
    "ERC20InsufficientBalance": ("address", "uint256", "uint256"),
}


@cache
def _errors() -> dict[bytes, tuple[str, tuple[str, ...]]]:
    found: dict[bytes, tuple[str, tuple[str, ...]]] = {
        bytes(Web3.keccak(text=f"{name}({','.join(types)})")[:4]): (name, types)
        for name, types in TOKEN_ERRORS.items()
    }
    for contract in CONTRACTS:
        for entry in abi(contract):
            if entry["type"] == "error":
                types = tuple(_type(i) for i in entry["inputs"])
                selector = Web3.keccak(text=f"{entry['name']}({','.join(types)})")[:4]
                found[bytes(selector)] = (str(entry["name"]), types)
    return found


def decode_revert(data: bytes) -> RevertedError:
    """The error behind a revert's return data, whichever contract raised it: a token may be anybody's."""
    selector, body = data[:4], data[4:]
    try:
        if selector in _errors():
            name, types = _errors()[selector]
            values = zip(types, decode(types, body), strict=True)
            return RevertedError(name, tuple(_said(name, t, v) for t, v in values), HINTS.get(name, ""))
        if selector == bytes.fromhex("08c379a0"):
            return RevertedError("Error", tuple(_shown("string", v) for v in decode(("string",), body)))
        if selector == bytes.fromhex("4e487b71"):
            (code,) = decode(("uint256",), body)
            return RevertedError("Panic", (_PANICS.get(code, hex(code)),))
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return RevertedError("undecodable", (_start(data),))
    return RevertedError("unknown", (_start(data),), "The contracts are newer than this program: update it.")


def _said(error: str, kind: str, value: Any) -> Any:
    """An argument of one of our own errors: there, a uint8 of `WrongState` is a state and a uint40 a time."""
    if kind == "uint8" and error in _STATES and value < len(_STATES[error]):
        return _STATES[error](value).name.lower().replace("_", " ")
    if kind == "uint40" and value <= LAST_SECOND:
        return utc(value).strftime("%Y-%m-%d %H:%M:%S UTC")
    return _shown(kind, value)


def _shown(kind: str, value: Any) -> Any:
    if kind == "address":
        return Web3.to_checksum_address(value)
    if kind == "string" and not value.isprintable():
        return ascii(value)
    return value


def _start(data: bytes) -> str:
    return f"0x{data[:_MOST_SHOWN].hex()}" + ("..." if len(data) > _MOST_SHOWN else "")


def reverted(exc: ContractLogicError) -> RevertedError:
    """As `decode_revert`, of what web3 raises."""
    data = exc.data
    if isinstance(data, dict):
        data = data.get("data")
    if isinstance(data, str) and re.fullmatch(r"0x([0-9a-fA-F]{2}){4,}", data):
        return decode_revert(bytes.fromhex(data[2:]))
    return RevertedError("revert", (exc.message or "no reason given",))
