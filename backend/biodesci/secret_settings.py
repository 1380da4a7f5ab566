"""What of the settings no line of a log may hold (`logs.begin`)."""

from __future__ import annotations

from biodesci.config import Settings
from biodesci.core.addresses import secrets_in


def of(settings: Settings) -> list[str]:
    """Passphrases, keys, and what services' addresses hold of them. Raises ConfigurationError."""
    given = [settings.passphrase, settings.private_key, settings.c4gh_passphrase]
    secrets = [one.get_secret_value() for one in given if one is not None]
    if settings.passphrase is None and settings.passphrase_file is not None:
        secrets.append(settings.secret())
    if settings.ipfs_auth_file is not None:
        secrets.append(settings.ipfs_authorization() or "")
    if settings.database_url is not None:
        secrets += [
            settings.database_url.get_secret_value(),
            *secrets_in(settings.database_url.get_secret_value()),
        ]
    for url in (*settings.rpc_url.split(), settings.ipfs_api, settings.aggregator_url):
        secrets += secrets_in(url)
    return secrets
