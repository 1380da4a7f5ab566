"""What PostgreSQL refuses that is no fault of its own: in words that name neither role nor password, and what
to do. By its SQLSTATEs (PostgreSQL, appendix A).

Of a connection that fails libpq hands on the server's words alone, so the state is read from these; a server
whose messages are in another language is said not to answer, as before, and its words are in the log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Refusal:
    """What was refused, and what a person does about it."""

    reason: str
    advice: str


_ROLE: Final = Refusal(
    "the server refuses this role or its password",
    "Correct user and password in DATABASE_URL (or .pgpass), or let the role in: pg_hba.conf on the server.",
)
_DATABASE: Final = Refusal(
    "the server has no such database",
    "Correct its name in DATABASE_URL, or make it: CREATE DATABASE, as in docs/deployment.md (Databases).",
)
_RIGHT: Final = Refusal(
    "this role may not make or use its schema there",
    "Make the role the database's owner, or grant it what it lacks: docs/deployment.md (Databases) has both.",
)
_WORDS: Final = (
    (
        "28",
        re.compile(
            r"authentication failed|no password supplied|no pg_hba\.conf entry|not permitted to log in"
        ),
    ),
    ("28", re.compile(r'role ".*" does not exist')),
    ("3D000", re.compile(r'database ".*" does not exist')),
    ("42501", re.compile(r"permission denied for database")),
)


def of(exc: Any) -> Refusal | None:
    """What an error of psycopg's refuses; None where it is about something else."""
    state = exc.sqlstate or next((state for state, words in _WORDS if words.search(str(exc))), "")
    if state.startswith("28"):
        return _ROLE
    if state == "3D000":
        return _DATABASE
    if state == "3F000":  # of a schema that the role cannot see, or was not let make
        return _RIGHT
    if state == "42501":
        named = exc.diag.message_primary
        return Refusal(f"{_RIGHT.reason} ({named})" if named else _RIGHT.reason, _RIGHT.advice)
    return None
