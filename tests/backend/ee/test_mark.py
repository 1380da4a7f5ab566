"""The mark in an encrypted checkpoint's config.json is read whole, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from biodesci.core.errors import InputError
from biodesci.ee.mark import Mark, SplitMark

KEY_ID = "0123456789abcdef" * 2
WHOLE = {"key_id": KEY_ID, "mode": "general"}


@pytest.mark.parametrize("fields", [WHOLE, {**WHOLE, "split": {"blocks": 2}}, {**WHOLE, "mode": "dense"}])
def test_what_was_written_is_read_and_written_alike(fields: dict[str, Any]) -> None:
    mark = Mark.of({"model_type": "bert", "ee": fields})
    assert mark is not None
    assert mark.fields() == {"ee": fields}


def test_a_plain_checkpoint_has_none() -> None:
    assert Mark.of({"model_type": "bert"}) is None


@pytest.mark.parametrize(
    "fields",
    [
        None, True, "", KEY_ID, [], {}, [WHOLE],
        {"key_id": KEY_ID}, {"mode": "general"}, {**WHOLE, "surplus": 1},
        {**WHOLE, "key_id": 7}, {**WHOLE, "key_id": KEY_ID[1:]}, {**WHOLE, "key_id": KEY_ID.upper()},
        {**WHOLE, "key_id": "../" * 10 + "ab"}, {**WHOLE, "mode": None}, {**WHOLE, "mode": ["general"]},
        {**WHOLE, "split": True}, {**WHOLE, "split": {}}, {**WHOLE, "split": {"blocks": "2"}},
        {**WHOLE, "split": {"blocks": -1}}, {**WHOLE, "split": {"blocks": True}},
        {**WHOLE, "split": {"blocks": 1, "surplus": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_anything_else_is_refused_in_words(fields: Any) -> None:
    with pytest.raises(InputError) as caught:
        Mark.of({"ee": fields})
    assert caught.value.hint


def test_what_names_no_key_is_not_written() -> None:
    with pytest.raises(InputError, match="is not the id of a key"):
        Mark(key_id="id", mode="general", split=SplitMark(blocks=1))
