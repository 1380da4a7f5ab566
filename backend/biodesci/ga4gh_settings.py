"""The part of the settings that GA4GH's tools and standards bring along (docs/ga4gh.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr

from biodesci.watched import Watched


class Ga4ghSettings(Watched):
    """Crypt4GH keys, and whose passports the DRS endpoint believes."""

    c4gh_passphrase: Annotated[
        SecretStr | None,
        Field(
            description="Opens the Crypt4GH private key that a command is given, as for GA4GH's own tools.",
            validation_alias=AliasChoices("C4GH_PASSPHRASE"),
        ),
    ] = None
    drs_trust: Annotated[
        Path | None,
        Field(description="Whose passports the DRS endpoint believes: a file as of a visa issuer."),
    ] = None
