"""The part of the settings that private containers bring along (docs/private.md)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from biodesci.watched import Watched


class ContainerSettings(Watched):
    """One's own server of containers, and those of others that the page may ask."""

    containers_url: Annotated[str, Field(description="Origin of one's server of private containers.")] = ""
    containers_of_others: Annotated[
        str, Field(description="Origins of servers of containers that the page may ask, by spaces.")
    ] = ""
    containers_listen: Annotated[str, Field(description="ADDRESS:PORT it listens on.")] = "127.0.0.1:8760"
    containers_partners: Annotated[str, Field(description="Accounts that keep copies, by spaces.")] = ""
