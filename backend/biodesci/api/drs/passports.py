"""Whose passports open the way to a dataset's bytes: those with a grant for it, by the operator's file."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException

from biodesci.core import files
from biodesci.core.documents.passport import IssuerTrust
from biodesci.core.errors import AccessDeniedError, ConfigurationError, InputError, NotFoundError
from biodesci.passports.keys import BrokerKeys
from biodesci.passports.passport import read

_PASSPORT: Final = {"WWW-Authenticate": "Passport"}


@dataclass(frozen=True)
class Door:
    """By one file of trust, as a visa issuer has it. Without one nothing is behind the door."""

    trust: IssuerTrust | None
    keys: BrokerKeys | None = field(default=None, repr=False)

    @classmethod
    def of(cls, file: Path | None) -> Door:
        """Raises ConfigurationError for a file that cannot be read, InputError for one that says nothing."""
        if file is None:
            return cls(None)
        try:
            return cls(IssuerTrust.parse(files.read(file)), BrokerKeys(file.parent))
        except NotFoundError as exc:
            raise ConfigurationError(exc.message, "Correct or unset BIODESCI_DRS_TRUST.") from exc

    def guards(self, dataset_id: int) -> bool:
        """Whether a rule is about the dataset: holders of a grant alone are told where its bytes are."""
        return self.trust is not None and any(rule.dataset == dataset_id for rule in self.trust.rules)

    @property
    def issuers(self) -> list[str]:
        """`iss` of the passports that are believed."""
        return [] if self.trust is None else [broker.issuer for broker in self.trust.brokers]

    def require(self, dataset_id: int, passports: list[str] | None) -> None:
        """Raises HTTPException unless a passport holds a grant for a dataset that is guarded: 401 where none
        is a passport that counts, 403 where one is, and grants something else. Nothing is kept of them."""
        if not self.guards(dataset_id):
            return
        if not passports:
            raise HTTPException(401, "POST a GA4GH Passport with a grant for this dataset", _PASSPORT)
        assert self.trust is not None, "something is guarded"
        assert self.keys is not None, "keys come with the file"
        why, is_known = "", False
        for passport in passports:
            try:
                shown = read(passport, self.trust, self.keys, int(time.time()))
            except (InputError, AccessDeniedError) as exc:
                why = why or exc.message
                continue
            if any(one.rule.dataset == dataset_id for one in shown.accepted):
                return
            is_known = True
            why = next(iter(shown.ignored), why)
        if is_known:
            raise HTTPException(403, f"no visa of the passport grants this dataset. {why}".strip())
        raise HTTPException(401, f"the passport does not count. {why}".strip(), _PASSPORT)
