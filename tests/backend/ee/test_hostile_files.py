"""Keys, codecs, checkpoints and adapters with a header that a stranger made: each reader refuses them all."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from biodesci.core.documents.tuning import Run
from biodesci.core.errors import InputError, StateError
from biodesci.ee.adapter_key import AdapterKey
from biodesci.ee.checkpoint.reading import WEIGHTS, Checkpoint
from biodesci.ee.codec import Codec
from biodesci.ee.codec.client_half import ClientHalf
from biodesci.ee.keys import ModelKey
from biodesci.models import adapters
from biodesci.models.encrypted_folder import ADAPTER_CONFIG
from biodesci.models.tuning import data as tuning_data
from biodesci.models.tuning import state as tuning_state
from biodesci.models.tuning.result import ADAPTER
from tests.backend.hostile_headers import FILES

files = pytest.mark.parametrize("data", FILES.values(), ids=FILES)


@files
@pytest.mark.parametrize("kind", [ModelKey, AdapterKey, Codec, ClientHalf], ids=lambda kind: kind.__name__)
def test_in_place_of_a_secret(kind: type[ModelKey | AdapterKey | Codec | ClientHalf], data: bytes) -> None:
    with pytest.raises(InputError, match="These bytes are not a biodesci/"):
        kind.from_bytes(data)


@files
def test_in_place_of_a_checkpoint_an_adapter_records_or_a_state(data: bytes, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(data)
    (tmp_path / ADAPTER).write_bytes(data)
    state = tuning_state.folder_of(tmp_path / "out") / tuning_state.FILE
    state.parent.mkdir()
    state.write_bytes(data)
    with pytest.raises(StateError, match="is damaged"):
        tuning_state.find(tmp_path / "out", cast(Run, None))
    for config in ("config.json", ADAPTER_CONFIG):
        (tmp_path / config).write_text("{}")
    for read in (
        lambda: Checkpoint.open(tmp_path),
        lambda: adapters.Adapter.open(tmp_path),
        lambda: tuning_data.load(tmp_path / WEIGHTS),
    ):
        with pytest.raises(InputError, match="is not a safetensors file"):
            read()
