"""What `biodesci doctor` finds of a home's private containers, and of the server that gives them out."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Final

from biodesci.cli.checkup import Remark
from biodesci.core.errors import ConfigurationError, StateError, UnavailableError

_SECONDS: Final = 5.0
_LIMIT: Final = 4 << 10  # bytes of an answer to /health
_SETTING: Final = "BIODESCI_CONTAINERS_URL"


def containers(home: Path, url: str) -> Remark | None:
    """Whether each private container lies in this home, is noted as somebody's, and is served at `url`.

    None for a home without any, and without a server. ConfigurationError, StateError and UnavailableError say
    what is amiss.
    """
    from biodesci.party.containers import Containers

    held = Containers(home)
    count, size = held.size()
    if missing := held.missing():
        raise ConfigurationError(
            f"{len(missing)} private containers are noted and not in this home; the first: dataset "
            f"{missing[0].dataset_id}, version {missing[0].version}.",
            "Their licensees get nothing: put the home's containers/ back from your copy of that folder.",
        )
    if nobodys := held.unassigned():
        raise StateError(
            f"{len(nobodys)} private containers are nobody's, so that nobody gets them; the first: "
            f"{nobodys[0].name}.",
            "Their publication was interrupted: repeat biodesci dataset publish, the same in all. "
            "What was minted the custodian's worker notes by itself.",
        )
    if not url:
        if not count:
            return None
        raise ConfigurationError(
            f"{count} private containers lie in this home, and {_SETTING} is not set.",
            f"Set {_SETTING} to the origin that their cards name, and run the server: "
            "python -m biodesci.workers.containers.",
        )
    _require_served(url)
    return Remark(f"{count} private, {size} bytes; {url} answers")


def _require_served(url: str) -> None:
    import httpx

    from biodesci.asking.http import Asker
    from biodesci.core.documents.content_request import origin

    own = origin(url)
    try:
        with contextlib.closing(Asker(_SECONDS)) as asker:
            answer = asker.ask("GET", f"{own}/health", lambda _: _LIMIT)
    except httpx.HTTPError as exc:
        raise UnavailableError(
            f"Nothing answers at {own} ({_SETTING}), as seen from here: {type(exc).__name__}.",
            "Run python -m biodesci.workers.containers, and look at the server with TLS before it.",
        ) from exc
    try:
        told = str(json.loads(answer.body)["origin"])
    except (ValueError, KeyError, TypeError):
        raise UnavailableError(
            f"What answers at {own} ({_SETTING}) is no server of containers (status {answer.status}).",
            "Let the name lead to where BIODESCI_CONTAINERS_LISTEN says; 421 is another name than its own.",
        ) from None
    if told != own:
        raise ConfigurationError(
            f"The server at {own} takes itself for {told}, and refuses what is signed for {own}.",
            f"Start it with the {_SETTING} of this home, which is the one in the cards.",
        )
