"""How far workers have come, by name; what the bytes mean is the worker's matter."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from biodesci.store.engine import now_ms
from biodesci.store.tables import checkpoints


def read(connection: Connection, name: str) -> bytes | None:
    """What was put last under this name; None where nothing was."""
    data = connection.scalar(select(checkpoints.c.data).where(checkpoints.c.name == name))
    return None if data is None else bytes(data)


def put(connection: Connection, name: str, data: bytes) -> None:
    """Replaces what stands under this name, in the caller's transaction, where nobody writes between."""
    values = {"data": data, "changed_at": now_ms()}
    known = connection.execute(update(checkpoints).where(checkpoints.c.name == name).values(values))
    if not known.rowcount:
        connection.execute(insert(checkpoints).values(name=name, **values))
