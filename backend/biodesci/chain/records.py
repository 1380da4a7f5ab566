"""What the contracts return, as records: one dataclass for each struct, filled by the names in the ABI.

A record's `view` names the function that returns it. The record's fields are that function's outputs
by their ABI names (`baseVersion` is `base_version`), after the arguments that `keys` keeps: a round's
number, say, which the contract's struct does not hold. No other code takes apart what a contract returned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum
from functools import cache
from typing import Any, ClassVar, Final, Protocol, TypeVar, get_args, get_origin, get_type_hints

from eth_utils.crypto import keccak

from biodesci.chain.contracts import abi
from biodesci.core.errors import ChainError
from biodesci.core.onchain import LicenseState, RequestState, Right, RoundState

_NOTHING: Final = bytes(32)


@dataclass(frozen=True)
class View:
    """A function of a contract. `keys` are the record's names for its arguments, in their order; or none."""

    contract: str
    function: str
    keys: tuple[str, ...] = ()


class Record(Protocol):
    """A dataclass below that a contract's function returns."""

    view: ClassVar[View]


R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class DatasetVersion:
    """`IDatasetNFT.Version`. `card` is a CID's digest, `terms` are DUO bits.

    `withdrawn_at` (Unix seconds) is 0 while consent stands, to this version and to all from which it is
    proven to descend. `commitments` is one hash of content root and key commitment (chain/commitments.py);
    the key commitment is bound to `publisher`.
    """

    view: ClassVar = View("DatasetNFT", "versionOf", ("dataset_id", "version"))
    dataset_id: int
    version: int
    card: bytes
    commitments: bytes
    diseases: bytes
    publisher: str
    terms: int
    withdrawn_at: int


@dataclass(frozen=True)
class Parent:
    """`IDatasetNFT.Parent`: what a dataset is derived from. Not proven, its publisher only says so."""

    dataset_id: int
    version: int
    proven: bool


@dataclass(frozen=True)
class Provenance:
    """What a dataset's publisher named as its sources."""

    view: ClassVar = View("DatasetNFT", "parentsOf")
    parents: tuple[Parent, ...]


@dataclass(frozen=True)
class Sale:
    """What of a dataset is sold now: its latest version, with its DUO terms, and whether consent ended.

    It ends with that to any version from which the dataset is proven to descend, too.
    """

    view: ClassVar = View("DatasetNFT", "saleOf")
    version: int
    terms: int
    withdrawn: bool


@dataclass(frozen=True)
class Mandate:
    """The roles of a dataset that an account was granted, and those that it accepted: bits `1 << Role`."""

    view: ClassVar = View("DatasetNFT", "rolesOf")
    granted: int
    accepted: int


@dataclass(frozen=True)
class Release:
    """Whether an account may release a version's key, whether consent to use it was withdrawn, and what the
    version is (`DatasetVersion.commitments`)."""

    view: ClassVar = View("DatasetNFT", "releaseOf")
    entitled: bool
    withdrawn: bool
    commitments: bytes


@dataclass(frozen=True)
class Offer:
    """`IAccessLicense.Offer`. `price` in smallest units of `currency` (zero: ether), times in seconds.

    `visas` are bits (core/visa.py).
    """

    dataset_id: int
    price: int
    currency: str
    duration: int
    uses: int
    delivery_window: int
    dispute_window: int
    right: Right
    visas: int
    pro_rata: bool
    arbiter: str

    @property
    def hash(self) -> bytes:
        """What a purchase binds: all that the offer says, while it is open (`IAccessLicense.purchase`)."""
        currency = int(self.currency, 16)
        amounts = self.dispute_window << 224 | self.delivery_window << 192 | self.uses << 160
        amounts |= self.duration << 128 | self.price
        terms = self.visas << 224 | self.pro_rata << 216 | (currency != 0) << 208 | 1 << 200
        terms |= self.right << 192 | self.dataset_id << 160 | int(self.arbiter, 16)
        return keccak(b"".join(word.to_bytes(32) for word in (amounts, terms, currency)))


@dataclass(frozen=True)
class Listing:
    """An offer, and whether anything is sold by it still."""

    view: ClassVar = View("LicenseLens", "offerOf", ("id",))
    id: int
    offer: Offer
    open: bool


@dataclass(frozen=True)
class License:
    """`ILicenseLens.License`. `price` in smallest units of `currency`; times are Unix seconds.

    `earned` is what owner and publisher were credited so far, where `pro_rata`; what the licence was bought
    for is in an event alone (market/license.py).
    """

    view: ClassVar = View("LicenseLens", "licenseOf", ("id",))
    id: int
    offer_id: int
    dataset_id: int
    licensee: str
    version: int
    state: LicenseState
    right: Right
    uses_left: int
    price: int
    currency: str
    deadline: int
    expires_at: int
    pro_rata: bool
    earned: int


@dataclass(frozen=True)
class Shares:
    """Of a settled `pro_rata` licence: what each side would be credited if it ended now (smallest units)."""

    view: ClassVar = View("AccessLicense", "sharesOf")
    to_owner: int
    to_licensee: int


@dataclass(frozen=True)
class VisaCheck:
    """Of visas that count: the ids under which they can be revoked, and when the first of them expires."""

    view: ClassVar = View("VisaRegistry", "check")
    ids: tuple[bytes, ...]
    expires: int


@dataclass(frozen=True)
class ModelVersion:
    """`ModelVersion` of contracts/types/Rounds.sol. `weights` is a CID's digest, `published_at` Unix seconds.

    `round_id` is 0 where the model's owner published the version.
    """

    view: ClassVar = View("ModelRegistry", "versionOf", ("model_id", "version"))
    model_id: int
    version: int
    weights_root: bytes
    weights: bytes
    round_id: int
    published_at: int


@dataclass(frozen=True)
class Round:
    """`Round` of contracts/types/Rounds.sol.

    `plan` and `result` are CIDs' digests, the three deadlines Unix seconds, `invited` is a Merkle root
    (core/invitations.py). `dealt` is zero until it is fixed. From the state Unmasking on `committed` counts
    those who are summed.
    """

    view: ClassVar = View("ModelRegistry", "roundOf", ("id",))
    id: int
    model_id: int
    plan: bytes
    invited: bytes
    dealt: bytes
    result: bytes
    aggregator: str
    base_version: int
    min_nodes: int
    colluders: int
    enrolled: int
    committed: int
    kind: int
    state: RoundState
    enrol_by: int
    commit_by: int
    finalize_by: int

    @property
    def has_dealers(self) -> bool:
        """Whether it is fixed on chain who dealt shares, and what; before that nobody masks anything."""
        return self.dealt != _NOTHING


@dataclass(frozen=True)
class Enrolment:
    """`Enrolment` of contracts/types/Rounds.sol: a node of a round, and the version of its dataset.

    `dealt`: it is one of those against whom all mask. `commitment` is zero until it committed an update.
    """

    node: str
    dataset_id: int
    version: int
    dealt: bool
    summed: bool
    commitment: bytes

    @property
    def committed(self) -> bool:
        """Whether the node has committed to an update of this round."""
        return self.commitment != _NOTHING


@dataclass(frozen=True)
class Enrolments:
    """The nodes of a round in the order in which they enrolled."""

    view: ClassVar = View("ModelRegistry", "rosterOf")
    roster: tuple[Enrolment, ...]


@dataclass(frozen=True)
class Disclosure:
    """`Disclosure` of contracts/types/Rounds.sol: in which statistics a dataset is.

    `round_id` is 0 where it is in none, `version` the dataset's in that round. `released`: its next sum may
    be with others.
    """

    view: ClassVar = View("ModelRegistry", "disclosureOf", ("dataset_id",))
    dataset_id: int
    round_id: int
    version: int
    released: bool


@dataclass(frozen=True)
class Request:
    """`IInferenceCommitment.Request`. `fee` in wei, `deadline` Unix seconds, `challenge_window` seconds.

    Where the sealed tensors lie is in the events alone (`inference/requests.py`).
    """

    view: ClassVar = View("InferenceCommitment", "requestOf", ("id",))
    id: int
    model_id: int
    version: int
    requester: str
    worker: str
    arbiter: str
    fee: int
    deadline: int
    challenge_window: int
    state: RequestState
    input_commitment: bytes
    output_commitment: bytes


@dataclass(frozen=True)
class Key:
    """`IKeyRegistry.Key`: the hash of an account's HPKE key (zero: none), how many it had, since when."""

    view: ClassVar = View("KeyRegistry", "keyOf")
    key_hash: bytes
    index: int
    since: int


@dataclass(frozen=True)
class SigningDomain:
    """What a contract says of its EIP-712 domain (ERC-5267); tokens of others answer this function too."""

    view: ClassVar = View("AccessLicense", "eip712Domain")
    fields: bytes
    name: str
    version: str
    chain_id: int
    verifying_contract: str
    salt: bytes
    extensions: tuple[int, ...]


def fill(record: type[R], answer: Any, *keys: Any) -> R:
    """The record of a contract function's answer; `keys` are the arguments that the function was called with.

    Raises ChainError where the answer is not what this version's ABI says.
    """
    outputs = _outputs(record.view.contract, record.view.function)
    is_struct = len(outputs) == 1 and outputs[0]["type"] == "tuple"
    components = outputs[0]["components"] if is_struct else outputs
    answers = answer if is_struct or len(outputs) > 1 else (answer,)
    arguments = dict(zip(record.view.keys, keys, strict=True)) if record.view.keys else {}
    try:
        return record(**arguments, **_named(record, components, answers))
    except (TypeError, ValueError) as exc:
        raise ChainError(
            f"{record.view.contract}.{record.view.function} answered what this version does not know: {exc}.",
            "Update this program, or use the deployment that it was made for.",
        ) from exc


def field_name(abi_name: str) -> str:
    """`baseVersion` -> `base_version`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", abi_name).lower()


@cache
def _outputs(contract: str, function: str) -> list[dict[str, Any]]:
    (entry,) = (e for e in abi(contract) if e["type"] == "function" and e["name"] == function)
    outputs: list[dict[str, Any]] = entry["outputs"]
    return outputs


@cache
def _types(record: type) -> Mapping[str, Any]:
    hints = get_type_hints(record)
    return {field.name: hints[field.name] for field in fields(record)}


def _named(record: type, components: Sequence[dict[str, Any]], answers: Sequence[Any]) -> dict[str, Any]:
    types = _types(record)
    named = {}
    for component, answer in zip(components, answers, strict=True):
        name = field_name(component["name"])
        if name not in types:
            raise TypeError(f"{record.__name__} has no field {name}")
        named[name] = _typed(types[name], component, answer)
    return named


def _typed(kind: Any, component: dict[str, Any], answer: Any) -> Any:
    if get_origin(kind) is tuple:
        return tuple(_typed(get_args(kind)[0], component, each) for each in answer)
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**_named(kind, component["components"], answer))
    if kind is bytes or (isinstance(kind, type) and issubclass(kind, IntEnum)):
        return kind(answer)
    return answer
