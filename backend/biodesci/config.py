"""Settings from the environment, all of them here. Read by entry points alone: cli, api, workers, examples.

docs/reference/settings.md is made from these classes (scripts/reference/). A variable that begins
with BIODESCI_ and is none of these is named in a warning: a mistyped one would silently change nothing.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import urlsplit

from eth_utils.address import is_address, to_checksum_address
from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from biodesci.container_settings import ContainerSettings
from biodesci.core import authorization
from biodesci.core.errors import ConfigurationError
from biodesci.core.files import INDEX_FILE, WORK_FILE
from biodesci.ga4gh_settings import Ga4ghSettings
from biodesci.watched import DAY_S

PREFIX: Final = "BIODESCI_"
ROOT: Final = "BIODESCI_ROOT"
DATABASE_URL: Final = "DATABASE_URL"
_UNPREFIXED: Final = {DATABASE_URL, "OMP_NUM_THREADS", "C4GH_PASSPHRASE"}  # as other programs name them
_LOCAL: Final = {"127.0.0.1", "localhost", "::1"}
_log = logging.getLogger(__name__)

# A custodian and an inference worker bound alike what they give away.
UnpaidADay = Annotated[
    int, Field(ge=0, description="How many it serves in a day (UTC) that do not pay for what they cost.")
]
UnpaidEach = Annotated[int, Field(ge=0, description="How many of these in a day for one account.")]


def root() -> Path:
    """Folder that relative deployment files and the built page are looked up in: BIODESCI_ROOT, else the
    checkout that this package is installed from, else the working folder."""
    if chosen := os.environ.get(ROOT):
        return Path(chosen)
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "ape-config.yaml").is_file() else Path()


class Settings(Ga4ghSettings, ContainerSettings):
    """What every role reads."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", populate_by_name=True)

    rpc_url: Annotated[
        str, Field(description="JSON-RPC of the chain node, or of several by spaces: the others stand by.")
    ] = "http://127.0.0.1:8545"
    public_rpc_url: Annotated[
        str,
        Field(description="JSON-RPC that browsers are told; unset: BIODESCI_RPC_URL, if it holds no key."),
    ] = ""
    deployment: Annotated[Path, Field(description="File that says where the contracts are.")] = Path(
        "deployments/local.json"
    )
    ipfs_api: Annotated[str, Field(description="RPC of the role's own IPFS node.")] = "http://127.0.0.1:5001"
    ipfs_auth_file: Annotated[
        Path | None,
        Field(description="File of the Authorization header that the IPFS API asks for, such as `Bearer …`."),
    ] = None
    ipfs_replicas: Annotated[
        str,
        Field(description="Nodes of others that keep copies: APIs, by spaces, or URL=FILE with a login."),
    ] = ""
    ipfs_gateway: Annotated[str, Field(description="Gateway that the page's visitors read from.")] = (
        "http://127.0.0.1:8080"
    )
    home: Annotated[Path, Field(description="Folder of private files: account, keys, journals.")] = (
        Path.home() / ".biodesci"
    )
    account: Annotated[Path | None, Field(description="Keystore file; `account.json` in the home.")] = None
    passphrase: Annotated[SecretStr | None, Field(description="Opens the private files.")] = None
    passphrase_file: Annotated[Path | None, Field(description="File that holds the passphrase.")] = None
    private_key: Annotated[
        SecretStr | None, Field(description="Of an account to import: `account create --import` alone.")
    ] = None
    database: Annotated[Path | None, Field(description="The index; `index.sqlite` in the home.")] = None
    database_url: Annotated[
        SecretStr | None,
        Field(
            description="A `postgresql://` URL: index and work are kept there, not in files of SQLite's.",
            validation_alias=AliasChoices(DATABASE_URL),
        ),
    ] = None
    aggregator_url: Annotated[
        str, Field(description="Where the aggregator is: it listens there if http, on 127.0.0.1 if https.")
    ] = "http://127.0.0.1:8700"
    api_host: Annotated[str, Field(description="Address that the API listens on, without TLS.")] = "127.0.0.1"
    api_port: Annotated[int, Field(description="Port that the API listens on.")] = 8600
    api_url: Annotated[str, Field(description="Where the API is reached.")] = "http://127.0.0.1:8600"
    hosts: Annotated[
        str, Field(description="Names that our HTTP servers answer to besides their URLs', by spaces.")
    ] = ""
    trusted_proxies: Annotated[
        str, Field(description="Addresses or networks of proxies that say who asks, by spaces.")
    ] = ""
    requests_a_minute: Annotated[
        int, Field(ge=0, description="Requests that our HTTP servers answer each client; 0: all.")
    ] = 3_000
    visa_issuers: Annotated[
        str, Field(description="https addresses of visa issuers that the page may ask, by spaces.")
    ] = ""
    ror_release: Annotated[Path | None, Field(description="JSON of a ROR release, to check ids by.")] = None
    web: Annotated[Path, Field(description="Folder of the built page.")] = Path("frontend/dist")
    confirmations: Annotated[
        Annotated[int, Field(ge=0, le=100_000)] | Literal["safe", "finalized"],
        Field(description="Blocks upon an event's own before it counts, or the chain's tag of such a one."),
    ] = 0
    stuck_after: Annotated[
        float,
        Field(
            gt=0, le=DAY_S, description="Seconds without a block, after which a transaction's fee is raised."
        ),
    ] = 60.0
    highest_fee_gwei: Annotated[
        float, Field(gt=0, le=1e9, description="The most that is paid for a unit of gas.")
    ] = 500

    @field_validator("deployment", "web")
    @classmethod
    def _under_root(cls, value: Path) -> Path:
        return value if value.is_absolute() else root() / value

    @field_validator("visa_issuers")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        """A passport says who somebody is: the page must not send it where others can read it."""
        for part in map(urlsplit, value.split()):
            is_safe = part.scheme == "https" or (part.scheme == "http" and part.hostname in _LOCAL)
            if not is_safe or not part.hostname:
                raise ValueError("it should be https addresses with spaces between them (http for localhost)")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_alone(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("it should begin with postgresql://")
        if info.data.get("database") is not None:
            raise ValueError("BIODESCI_DATABASE is set too, and names another index")
        return value

    @property
    def account_path(self) -> Path:
        """The keystore file."""
        return self.account or self.home / "account.json"

    @property
    def index_location(self) -> Path | str:
        """The index: a file of SQLite's, or a PostgreSQL database's URL, which may have a password in it."""
        return self._database(self.database or self.home / INDEX_FILE)

    @property
    def work_location(self) -> Path | str:
        """The database of this home's work; a file, or a URL as above."""
        return self._database(self.home / WORK_FILE)

    def _database(self, file: Path) -> Path | str:
        return file if self.database_url is None else self.database_url.get_secret_value()

    def ipfs_authorization(self) -> str | None:
        """The Authorization header for the IPFS API, where it asks for one. Raises ConfigurationError."""
        return authorization.read(self.ipfs_auth_file) if self.ipfs_auth_file else None

    def replicas(self) -> list[tuple[str, str | None]]:
        """The APIs of others' nodes that keep copies, with their headers. Raises ConfigurationError."""
        return authorization.pairs(self.ipfs_replicas)

    def secret(self) -> str:
        """The passphrase that opens this role's private files; ConfigurationError where none is set."""
        if self.passphrase is not None:
            return self.passphrase.get_secret_value()
        if self.passphrase_file is not None:
            try:
                return self.passphrase_file.read_text().rstrip("\n")
            except OSError as exc:
                raise ConfigurationError(
                    f"The passphrase file {self.passphrase_file} cannot be read ({exc.strerror}).",
                    "Check BIODESCI_PASSPHRASE_FILE.",
                ) from exc
        raise ConfigurationError(
            "No passphrase is set for the private files.",
            "Set BIODESCI_PASSPHRASE or BIODESCI_PASSPHRASE_FILE.",
        )


class AggregatorSettings(Settings):
    """What the aggregator reads too."""

    aggregator_port: Annotated[
        int | None, Field(gt=0, lt=1 << 16, description="Its port, if not the URL's; must be set for https.")
    ] = None
    model_owners: Annotated[
        str, Field(description="Accounts whose models' rounds it serves, by commas, or a file of them.")
    ] = ""


class NodeSettings(Settings):
    """What a training node reads too."""

    model_id: Annotated[int, Field(ge=1, description="The model whose rounds it takes part in.")]
    dataset_id: Annotated[int, Field(ge=1, description="The site's dataset on chain.")]
    data: Annotated[Path, Field(description="The site's CSV file.")]
    held_out: Annotated[
        Path | None, Field(description="CSV file of records for the metrics, never trained on.")
    ] = None
    approve_any: Annotated[
        bool, Field(description="Run every plan unseen; otherwise each waits for `biodesci round approve`.")
    ] = False
    license_id: Annotated[
        int, Field(ge=0, description="The model owner's Train licence that it serves; 0: of its own will.")
    ] = 0
    roster: Annotated[
        str, Field(description="Accounts with which it may be summed, by commas, or a file of them.")
    ] = ""
    issuers: Annotated[
        str, Field(description="Issuers whose visas say as much of an account, by commas, or a file of them.")
    ] = ""
    visas: Annotated[Path | None, Field(description="Folder of those visas (*.json).")] = None
    same_sites: Annotated[
        bool, Field(description="Train only with all the sites of its statistics, of whom none may drop out.")
    ] = False
    threads: Annotated[
        int,
        Field(
            ge=1,
            description="Threads that training takes.",
            validation_alias=AliasChoices("BIODESCI_THREADS", "OMP_NUM_THREADS"),
        ),
    ] = 1

    @field_validator("data", "held_out")
    @classmethod
    def _is_file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("it names no file")
        return value

    @field_validator("visas")
    @classmethod
    def _is_folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError("it names no folder")
        return value


class CustodianSettings(Settings):
    """What a custodian reads too: how much it gives away."""

    deliveries_a_day: Annotated[
        int, Field(ge=0, description="Licences that it delivers in a day (UTC); what is over waits.")
    ] = 1_000
    unpaid_a_day: UnpaidADay = 50
    unpaid_each: UnpaidEach = 3
    paying_wei: Annotated[int, Field(ge=0, description="Price in wei that pays for a delivery.")] = 10**14


class GuardianSettings(CustodianSettings):
    """What a guardian reads too: where it answers the other guardians."""

    guardian_host: Annotated[str, Field(description="Address that it listens on, without TLS.")] = "127.0.0.1"
    guardian_port: Annotated[int, Field(description="Its port; the URL in the split leads there.")] = 8710


class InferenceSettings(Settings):
    """What an inference worker reads too: whom it serves, and for what."""

    arbiters: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="Addresses, with commas: what is paid is served if one of them is its arbiter."),
    ] = ()
    minimum_fee_wei: Annotated[
        int, Field(ge=0, description="A paid request is served from this fee on; an answer costs gas.")
    ] = 10**14
    least_time: Annotated[
        int, Field(ge=0, description="Least seconds to a request's deadline: a late answer is not paid.")
    ] = 120
    unpaid: Annotated[bool, Field(description="Serve requests without a fee, too.")] = False
    unpaid_a_day: UnpaidADay = 50
    unpaid_each: UnpaidEach = 3
    requesters: Annotated[
        tuple[str, ...], NoDecode, Field(description="Addresses, with commas: serve these alone; unset: all.")
    ] = ()
    models: Annotated[
        tuple[int, ...], NoDecode, Field(description="Model ids, with commas: serve these alone; unset: all.")
    ] = ()

    @field_validator("arbiters", "requesters", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        parts = _parts(value)
        if not all(is_address(part) for part in parts):
            raise ValueError("it should be addresses: each 0x and 40 hexadecimal digits, with commas between")
        return tuple(str(to_checksum_address(part)) for part in parts)

    @field_validator("models", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        parts = _parts(value)
        if not all(part.isdecimal() for part in parts):
            raise ValueError("it should be numbers, with commas between")
        return tuple(int(part) for part in parts)


def _parts(value: object) -> list[str]:
    """The parts of a text with commas, or the elements of what is none."""
    parts = value.split(",") if isinstance(value, str) else list(value) if isinstance(value, tuple) else []
    return [str(part).strip() for part in parts if str(part).strip()]


_PARTIES: Final = (AggregatorSettings, CustodianSettings, GuardianSettings, NodeSettings, InferenceSettings)
CLASSES: Final = (Settings, *_PARTIES)
Chosen = TypeVar("Chosen", bound=Settings)


def variable(name: str) -> str:
    """The variable that a field is read from."""
    return name.upper() if name.upper() in _UNPREFIXED else PREFIX + name.upper()


def load(kind: type[Chosen]) -> Chosen:
    """A role's settings; ConfigurationError names the variable that is wrong or missing."""
    known = {ROOT, *(variable(name) for each in CLASSES for name in each.model_fields)}
    for name in sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known):
        _log.warning("%s is no setting, so it changes nothing: see docs/reference/settings.md.", name)
    try:
        return kind()
    except ValidationError as exc:
        errors = exc.errors(include_input=False, include_context=False, include_url=False)
        first = errors[0]
        name = str(first["loc"][0]).upper()  # what follows is which of several kinds it could have been
        name = name if name.startswith(PREFIX) or name in _UNPREFIXED else PREFIX + name
        if first["type"] == "missing":
            raise ConfigurationError(f"{name} is not set.", f"Set {name}.") from exc
        of_it = [each["msg"] for each in errors if each["loc"][0] == first["loc"][0]]
        reason = "; or: ".join(of_it).removeprefix("Value error, ")
        raise ConfigurationError(f"{name} is not valid: {reason}.", f"Correct or unset {name}.") from exc
