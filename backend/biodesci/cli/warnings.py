"""What libraries log while a command runs: each line once, on standard error; as JSON where that is asked."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from biodesci.cli import output


class _Once(logging.Handler):
    """A check that asks three times is told the same three times: people need it once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._seen: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        from biodesci.logs import line

        text = line(record.getMessage())
        if text in self._seen:
            return
        self._seen.add(text)
        entry = {"log": {"logger": record.name, "level": record.levelname.lower(), "message": text}}
        output.note(json.dumps(entry) if output.json_wanted() else text)


@contextmanager
def shown() -> Iterator[None]:
    """Inside, what is logged is shown so. A command that is a server chooses its own way (`logs.begin`)."""
    handler, root = _Once(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
