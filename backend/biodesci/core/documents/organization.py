"""Who made a dataset, on its card: a name, and the domain that proves the account."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field

from biodesci.core import domains
from biodesci.core.documents.base import Part
from biodesci.core.documents.values import Text

_HTTPS: Final = "https://"


def _of_a_domain(url: str) -> str:
    if not url.startswith(_HTTPS) or domains.parse(url.removeprefix(_HTTPS)) != url.removeprefix(_HTTPS):
        raise ValueError("it should be https:// and a domain in lower case")
    return url


class Organization(Part):
    """Who made the dataset. At `url` its domain proves whose the owner's account is."""

    type: Annotated[Literal["sc:Organization"], Field(alias="@type")] = "sc:Organization"
    name: Annotated[Text, Field(min_length=1)]
    url: Annotated[Text, AfterValidator(_of_a_domain)] | None = None

    @classmethod
    def of(cls, name: str, domain: str) -> Self | None:
        """Of this name, or else of its domain's; None where it has neither."""
        if not name and not domain:
            return None
        return cls(name=name or domain, url=_HTTPS + domain if domain else None)
