"""An audit trail as CSV (RFC 4180), a row for each event.

Spreadsheets take a cell for a formula that begins with one of `= + - @`, or with a tab or a line's end. Such
a value gets an apostrophe in front of it, which they take for "this is text".
"""

from __future__ import annotations

import csv
import io
from typing import Final

from biodesci.core import canonical
from biodesci.core.documents.trail import TrailHead
from biodesci.market.trail import meaning
from biodesci.market.trail.following import Entry

COLUMNS: Final = (
    "time", "group", "what", "dataset", "version", "offer", "licence", "by", "accounts", "purpose", "reason",
    "contract", "event", "arguments", "chain", "block", "block_hash", "transaction", "transaction_index",
    "log",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class Spreadsheet:
    """Writes the rows; `ending` is of the file's name."""

    ending: Final = ".csv"

    def __init__(self, head: TrailHead) -> None:
        self._head = head

    def begin(self) -> bytes:
        """The line with the columns' names."""
        return _line(COLUMNS)

    def entry(self, entry: Entry) -> bytes:
        """An event's row."""
        args, said = entry.args, meaning.of(entry)
        dataset = args.get("datasetId") or self._head.dataset_id
        parties = meaning.parties(entry)
        row = (
            f"{entry.time:%Y-%m-%dT%H:%M:%SZ}", said.group, said.words, dataset, args.get("version"),
            args.get("offerId"), entry.license_id,
            next((party.address for party in parties if party.is_caller), ""),
            " ".join(f"{party.role.replace(' ', '_')}:{party.address}" for party in parties),
            meaning.purpose(args), meaning.reason(args), entry.contract, entry.name,
            canonical.dumps(args).decode(), self._head.chain_id, entry.block.number,
            "0x" + entry.block.hash.hex(), "0x" + entry.transaction.hex(), entry.transaction_index, entry.log,
        )  # fmt: skip
        return _line(["" if value is None else _harmless(str(value)) for value in row])

    def end(self) -> bytes:
        """Nothing follows the rows."""
        return b""


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _line(values: object) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(values)  # type: ignore[arg-type]
    return written.getvalue().encode()
