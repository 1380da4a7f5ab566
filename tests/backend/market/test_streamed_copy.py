"""Into a pipe goes what was sold, or nothing."""

from __future__ import annotations

import io

import pytest

from biodesci.core import container
from biodesci.core.errors import AccessDeniedError, IntegrityError
from biodesci.ipfs.client import Ipfs
from biodesci.market import license, licensed_copy
from biodesci.market.streamed_copy import Pipe, stream


def streamed(sale, license_id: int, sink) -> bytes:
    stream(sale.buyer, sale.ipfs, sale.seed, license_id, Pipe(sink, sale.buyer_home))
    return sink.getvalue()


def left_over(sale) -> list[str]:
    return [path.name for path in sale.buyer_home.iterdir() if path.name.endswith(".container")]


def test_a_file_comes_as_often_as_it_is_asked_for_as_long_as_the_licence_lasts(sale_of, localnet):
    sale = sale_of(duration=3_600)
    license_id = sale.buy().license_id
    sale.release()
    for _ in range(3):
        assert streamed(sale, license_id, io.BytesIO()) == sale.file.read_bytes()
    assert left_over(sale) == []
    localnet.pass_time(3_601)
    sink = io.BytesIO()
    with pytest.raises(AccessDeniedError, match="has expired"):
        streamed(sale, license_id, sink)
    assert sink.getvalue() == b""


def test_not_a_byte_of_a_file_that_was_changed_at_its_end_reaches_the_pipe(sale_of, monkeypatch):
    sale = sale_of(uses=1)
    license_id = sale.buy().license_id
    sale.release()
    real = Ipfs.download

    def another(self, digest, target, progress=None):
        """As the publisher could have put it there: it opens, and its root is another."""
        real(self, digest, target, progress)
        version = license.get(sale.buyer, license_id)
        key = licensed_copy.key_of(sale.buyer, sale.ipfs, sale.seed, version)
        with target.open("wb") as written:
            container.encrypt(io.BytesIO(b"another file" * 10_000), written, key.dataset_key)

    monkeypatch.setattr(Ipfs, "download", another)
    sink = io.BytesIO()
    with pytest.raises(IntegrityError):
        streamed(sale, license_id, sink)
    assert sink.getvalue() == b""
    assert license.get(sale.buyer, license_id).uses_left == 1
    assert left_over(sale) == []


def test_a_use_is_counted_before_the_first_byte_and_once_for_a_run_that_broke_off(sale_of):
    sale = sale_of(uses=1)
    license_id = sale.buy().license_id
    sale.release()

    class Broken(io.BytesIO):
        def write(self, data):
            assert license.get(sale.buyer, license_id).uses_left == 0
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        streamed(sale, license_id, Broken())
    assert streamed(sale, license_id, io.BytesIO()) == sale.file.read_bytes()
    assert license.get(sale.buyer, license_id).uses_left == 0
    with pytest.raises(AccessDeniedError, match="uses of licence"):
        streamed(sale, license_id, io.BytesIO())
