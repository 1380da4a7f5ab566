"""What readers ask of the index, as plain rows. Pages go from new to old, by id."""

from __future__ import annotations

import json
from typing import Any

from biodesci.index.database import Store

Row = dict[str, Any]


def as_of(store: Store) -> int:
    cursor = store.cursor()
    return cursor.number if cursor else 0


def datasets(store: Store, *, before: int, limit: int, text: str, owner: str) -> list[Row]:
    """`text` is looked for in the latest card's name and the first of its description and keywords.

    `body` is the card's summary, here and wherever versions, licences or models are read.
    """
    pattern = "%" + text.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return store.rows(
        """
        SELECT d.*, v.card, v.terms, v.withdrawn_at, c.body, u.reason FROM datasets d
        JOIN versions v ON v.dataset_id = d.id AND v.version = d.latest_version
        LEFT JOIN summaries c ON c.digest = v.card AND c.kind = 'card'
        LEFT JOIN unreadable u ON u.digest = v.card AND u.kind = 'card'
        WHERE d.id < ?1 AND (?2 = '' OR lower(d.owner) = lower(?2))
          AND (?3 = '%%' OR c.searched LIKE ?3 ESCAPE '\\')
        ORDER BY d.id DESC LIMIT ?4""",
        before,
        owner,
        pattern,
        limit,
    )


def dataset(store: Store, dataset_id: int) -> Row | None:
    found = datasets(store, before=dataset_id + 1, limit=1, text="", owner="")
    return found[0] if found and found[0]["id"] == dataset_id else None


def versions(store: Store, dataset_id: int) -> list[Row]:
    return store.rows(
        """
        SELECT v.*, c.body, u.reason FROM versions v
        LEFT JOIN summaries c ON c.digest = v.card AND c.kind = 'card'
        LEFT JOIN unreadable u ON u.digest = v.card AND u.kind = 'card'
        WHERE v.dataset_id = ? ORDER BY v.version DESC""",
        dataset_id,
    )


def offers(store: Store, *dataset_ids: int) -> list[Row]:
    return store.rows(
        """
        SELECT o.*, c.symbol, c.decimals FROM offers o JOIN currencies c ON c.address = o.currency
        WHERE o.dataset_id IN (SELECT value FROM json_each(?)) ORDER BY o.id""",
        json.dumps(dataset_ids),
    )


def related(store: Store, dataset_id: int) -> tuple[list[int], list[int], list[int], int]:
    """(parents, children, rounds, number of licences)"""
    parents = store.rows("SELECT parent AS id FROM parents WHERE dataset_id = ? ORDER BY 1", dataset_id)
    children = store.rows("SELECT dataset_id AS id FROM parents WHERE parent = ? ORDER BY 1", dataset_id)
    rounds = store.rows(
        "SELECT DISTINCT round_id AS id FROM enrolments WHERE dataset_id = ? ORDER BY 1", dataset_id
    )
    sold = store.rows("SELECT count(*) AS n FROM licenses WHERE dataset_id = ?", dataset_id)
    ids = ([row["id"] for row in rows] for rows in (parents, children, rounds))
    return (*ids, int(sold[0]["n"]))  # type: ignore[return-value]


_LICENSES = """
    SELECT l.*, d.owner, v.content_root, v.key_commitment, v.withdrawn_at, c.name AS card_name,
      c.body, o.currency, o.visas,
      o.pro_rata, o.duration, o.uses, m.symbol, m.decimals,
      EXISTS (SELECT 1 FROM license_visas WHERE license_id = l.id AND revoked) AS lapsed FROM licenses l
    JOIN datasets d ON d.id = l.dataset_id
    JOIN offers o ON o.id = l.offer_id
    JOIN currencies m ON m.address = o.currency
    JOIN versions v ON v.dataset_id = l.dataset_id AND v.version = l.version
    LEFT JOIN summaries c ON c.digest = v.card AND c.kind = 'card'
"""


def licenses(store: Store, *, before: int, limit: int, licensee: str, dataset_id: int) -> list[Row]:
    """`licensee` is a checksummed address, as events have it."""
    wanted = {"l.licensee = ?": licensee, "l.dataset_id = ?": dataset_id}
    chosen = {sql: value for sql, value in wanted.items() if value}
    # "Any, or this one" in SQL would keep SQLite from its indices.
    where = " AND ".join(("l.id < ?", *chosen))
    return store.rows(
        f"{_LICENSES} WHERE {where} ORDER BY l.id DESC LIMIT ?", before, *chosen.values(), limit
    )


def license(store: Store, license_id: int) -> Row | None:
    return store.row(_LICENSES + " WHERE l.id = ?", license_id)


_MODELS = """
    SELECT m.*, c.body, u.reason, (SELECT count(*) FROM rounds WHERE model_id = m.id) AS rounds,
      (SELECT count(*) FROM inferences WHERE model_id = m.id) AS inferences FROM models m
    LEFT JOIN summaries c ON c.digest = m.card AND c.kind = 'model'
    LEFT JOIN unreadable u ON u.digest = m.card AND u.kind = 'model'
"""


def models(store: Store, *, before: int, limit: int) -> list[Row]:
    return store.rows(_MODELS + " WHERE m.id < ? ORDER BY m.id DESC LIMIT ?", before, limit)


def model(store: Store, model_id: int) -> Row | None:
    return store.row(_MODELS + " WHERE m.id = ?", model_id)


def model_versions(store: Store, model_id: int) -> list[Row]:
    return store.rows("SELECT * FROM model_versions WHERE model_id = ? ORDER BY version DESC", model_id)


def codecs(store: Store, model_id: int) -> list[Row]:
    return store.rows("SELECT * FROM codecs WHERE model_id = ? ORDER BY block, account, kind", model_id)


_ROUNDS = """
    SELECT r.*, (SELECT count(*) FROM enrolments WHERE round_id = r.id) AS enrolled,
      (SELECT count(*) FROM enrolments WHERE round_id = r.id AND commitment IS NOT NULL) AS committed
    FROM rounds r
"""


def rounds_of(store: Store, model_id: int) -> list[Row]:
    return store.rows(_ROUNDS + " WHERE r.model_id = ? ORDER BY r.id DESC", model_id)


def round_(store: Store, round_id: int) -> Row | None:
    return store.row(_ROUNDS + " WHERE r.id = ?", round_id)


def enrolments(store: Store, round_id: int) -> list[Row]:
    return store.rows('SELECT * FROM enrolments WHERE round_id = ? ORDER BY "index"', round_id)


def took_part(store: Store, model_id: int) -> list[Row]:
    """Enrolments of a model's rounds that ended in a commitment."""
    return store.rows(
        """
        SELECT e.* FROM enrolments e JOIN rounds r ON r.id = e.round_id
        WHERE e.commitment IS NOT NULL AND r.model_id = ?
        ORDER BY e.round_id, e."index" """,
        model_id,
    )


def document(store: Store, digest: str | None, kind: str) -> str | None:
    """The JSON of a document, where it is named and could be read."""
    found = store.row("SELECT body FROM documents WHERE digest = ? AND kind = ?", digest, kind)
    return str(found["body"]) if found else None


_INFERENCES = """
    SELECT i.*, v.weights_root FROM inferences i
    LEFT JOIN model_versions v ON v.model_id = i.model_id AND v.version = i.version
"""


def inferences(store: Store, *, before: int, limit: int, model_id: int, account: str) -> list[Row]:
    """`account` is requester or worker."""
    return store.rows(
        _INFERENCES
        + """
        WHERE i.id < ?1 AND (?2 = 0 OR i.model_id = ?2)
          AND (?3 = '' OR lower(i.requester) = lower(?3) OR lower(i.worker) = lower(?3))
        ORDER BY i.id DESC LIMIT ?4""",
        before,
        model_id,
        account,
        limit,
    )


def inference(store: Store, request_id: int) -> Row | None:
    return store.row(_INFERENCES + " WHERE i.id = ?", request_id)


def attestations(store: Store, request_id: int) -> list[Row]:
    return store.rows("SELECT * FROM attestations WHERE request_id = ? ORDER BY block, log_index", request_id)


def activity(store: Store, subject: str, limit: int = 200) -> list[Row]:
    """Events about one subject, newest first."""
    return store.rows(
        "SELECT * FROM events WHERE subject = ? ORDER BY block_number DESC, log_index DESC LIMIT ?",
        subject,
        limit,
    )


def counts(store: Store) -> dict[str, int]:
    names = ("datasets", "licenses", "models", "rounds", "inferences", "events", "unreadable")
    return {name: int(store.rows(f"SELECT count(*) AS n FROM {name}")[0]["n"]) for name in names}  # noqa: S608
