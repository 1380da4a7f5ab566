"""Settings from the environment (prefix `BIODESCI_`). Read by entry points alone: cli, api, workers, demo."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from biodesci.core.errors import ConfigurationError


def root() -> Path:
    """Folder that relative deployment files and the built web page are looked up in."""
    return Path(os.environ.get("BIODESCI_ROOT", "."))


class Settings(BaseSettings):
    """One role's settings. `home` holds its private files (account, keys, journals), mode 0700."""

    model_config = SettingsConfigDict(env_prefix="BIODESCI_", extra="ignore")

    rpc_url: str = "http://127.0.0.1:8545"
    deployment: Path = Path("deployments/local.json")
    ipfs_api: str = "http://127.0.0.1:5001"
    ipfs_gateway: str = "http://127.0.0.1:8080"
    home: Path = Path.home() / ".biodesci"
    database: Path | None = None
    account: Path | None = None
    passphrase: SecretStr | None = None
    passphrase_file: Path | None = None
    aggregator_url: str = "http://127.0.0.1:8700"
    api_host: str = "127.0.0.1"
    api_port: int = 8600
    api_url: str = "http://127.0.0.1:8600"
    web: Path = Path("frontend/dist")
    poll_interval: float = 0.2
    confirmations: int = 0

    @field_validator("deployment", "web")
    @classmethod
    def _under_root(cls, value: Path) -> Path:
        return value if value.is_absolute() else root() / value

    @property
    def account_path(self) -> Path:
        return self.account or self.home / "account.json"

    @property
    def database_path(self) -> Path:
        return self.database or self.home / "index.sqlite"

    def secret(self) -> str:
        """The passphrase that opens this role's private files."""
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


def load() -> Settings:
    """The settings, or one message that names the variable that is wrong."""
    try:
        return Settings()
    except ValidationError as exc:
        first = exc.errors(include_input=False)[0]
        name = "BIODESCI_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(
            f"{name} is not valid: {first['msg']}.", f"Correct or unset {name}."
        ) from exc
