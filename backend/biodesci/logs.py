"""How a process of this package logs: one line a record on standard error, as text or as JSON.

A record may quote what a stranger wrote (a card's name, a node's answer), and what a library says. So a line
is bounded, and holds no character that begins another line or commands a terminal; the secrets of the process
are blotted out, should a library quote one.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pythonjsonlogger.json import JsonFormatter

from biodesci.core.about import fields
from biodesci.core.addresses import SHORTEST

Format = Literal["text", "json"]
LONGEST: Final = 4_000  # characters of one message
_TRACE_LONGEST: Final = 16_000
# C0 and C1 controls, lone surrogates, line and paragraph separators, and what turns the direction of writing.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def line(text: str, longest: int = LONGEST) -> str:
    """The text as one line of at most about `longest` characters, with escapes for what is not printable."""
    if len(text) > longest:
        text = f"{text[:longest]}… ({len(text) - longest} more characters)"
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class _Blotter:
    """Replaces secrets. A message is blotted before it is cut and escaped, which would hide a part of one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted({one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub("[secret]", text)


def _trace(record: logging.LogRecord) -> list[str]:
    """Where an error happened, without its message, which may quote a record or a stranger."""
    if not record.exc_info:
        return []
    kind, _, tb = record.exc_info
    frames: list[str] = []
    while tb is not None:
        code = tb.tb_frame.f_code
        frames.append(f"{code.co_filename}:{tb.tb_lineno} {code.co_name}")
        tb = tb.tb_next
    name = kind.__name__ if kind is not None else "error"
    return [line(part, _TRACE_LONGEST) for part in [*frames, f"{name} (its message is left out)"]]


class _Text(logging.Formatter):
    """`time name message`, then where an error happened, each place on an indented line."""

    def __init__(self, blot: _Blotter) -> None:
        super().__init__("%(asctime)s %(name)s")
        self._blot = blot

    def format(self, record: logging.LogRecord) -> str:
        record.asctime = self.formatTime(record)
        message = line(self._blot(record.getMessage()))
        lines = [f"{record.asctime} {record.name} {message}", *_trace(record)]
        return self._blot("\n    ".join(lines))


class _Json(JsonFormatter):
    """One JSON object a line: time, level, logger, message, worker, and the ids of what it is about."""

    def __init__(self, blot: _Blotter, worker: str) -> None:
        super().__init__(json_ensure_ascii=True)
        self._blot, self._worker = blot, worker

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "worker": self._worker,
            **fields(),
            "message": line(self._blot(record.getMessage())),
        }
        if trace := _trace(record):
            entry["trace"] = trace
        return self._blot(self.jsonify_log_record(entry))


class _Handler(logging.StreamHandler[Any]):
    """Writes to standard error."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Says that a line is missing. logging's own way is to print its arguments as they are."""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"A line of {record.pathname}:{record.lineno} could not be logged.\n")


def begin(worker: str, chosen: Format = "text", secrets: Iterable[str] = ()) -> None:
    """From here on everything that this process logs, libraries included, leaves in this way.

    `secrets` are blotted out of every line.
    """
    blot = _Blotter(secrets)
    handler = _Handler(sys.stderr)
    handler.setFormatter(_Json(blot, worker) if chosen == "json" else _Text(blot))
    root = logging.getLogger()
    # A library may have set up its own way out, as uvicorn does by default.
    named = [logging.getLogger(name) for name in list(root.manager.loggerDict)]
    for logger in (root, *named):
        logger.handlers.clear()
        logger.propagate = True
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    for chatty in ("httpx", "alembic", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
