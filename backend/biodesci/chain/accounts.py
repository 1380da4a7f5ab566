"""Accounts in Ethereum keystore files (Web3 Secret Storage, version 3), mode 0600."""

from __future__ import annotations

import json
import os
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from biodesci.core import keyfile
from biodesci.core.errors import ConfigurationError, NotFoundError, StateError, WrongKeyError

WORK_FACTOR = 1 << 18  # scrypt's n: about a second for each guess at a passphrase


def create(
    path: Path, passphrase: str, *, private_key: bytes | None = None, work_factor: int = WORK_FACTOR
) -> str:
    """Writes a new account (or the imported `private_key`) and returns its address; never overwrites one.

    A lower `work_factor` is for passphrases that nobody can guess anyhow, being drawn at random.
    """
    keyfile.check_passphrase(passphrase)
    account: LocalAccount = Account.from_key(private_key) if private_key else Account.create()
    text = json.dumps(account.encrypt(passphrase, kdf="scrypt", iterations=work_factor))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A hard link, unlike a rename, fails where the account exists already.
        os.link(partial, path)
    except FileExistsError as exc:
        raise StateError(
            f"There is an account at {path} already.", "Use it, or name another file with BIODESCI_ACCOUNT."
        ) from exc
    finally:
        partial.unlink(missing_ok=True)
    return str(account.address)


def address(path: Path) -> str:
    """The address in a keystore file, without its passphrase."""
    return _read(path)[0]


def load(path: Path, passphrase: str) -> LocalAccount:
    """The account in an Ethereum keystore (Web3 Secret Storage, version 3).

    Raises NotFoundError where there is no file, ConfigurationError where it is no keystore, or names
    another account than the one whose key it holds, and WrongKeyError where the passphrase does not open it.
    """
    shown, data = _read(path)
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(data, passphrase))
    except ValueError as exc:
        raise WrongKeyError(
            f"The passphrase does not open the account {shown} in {path}.", "Check BIODESCI_PASSPHRASE."
        ) from exc
    except (LookupError, TypeError, AttributeError, NotImplementedError) as exc:
        raise _no_keystore(path) from exc
    # Neither the address nor all of the cipher's parameters are under the file's checksum.
    if account.address != shown:
        raise ConfigurationError(
            f"{path} names the account {shown}, and holds the key of another.",
            "It was changed: restore it from a copy.",
        )
    return account


def _read(path: Path) -> tuple[str, dict[str, object]]:
    try:
        data = json.loads(path.read_text())
        return Web3.to_checksum_address(str(data["address"])), data
    except FileNotFoundError as exc:
        raise NotFoundError(f"There is no account at {path}.", "Create it: biodesci account create.") from exc
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as exc:
        raise _no_keystore(path) from exc


def _no_keystore(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is not an Ethereum keystore file.", "Restore it from a copy, or create another account."
    )
