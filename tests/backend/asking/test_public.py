"""A domain that a stranger named costs one question to a public address, or none."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator

import pytest

from biodesci.core.errors import AccessDeniedError, BioDeSciError, InputError, UnavailableError
from tests.backend import sites
from tests.backend.sites import Web, running_web
from tests.waiting import in_time

NAME = "hospital.example"
PRIVATE = (
    ["127.0.0.1"],
    ["10.1.2.3"],
    ["172.16.0.1"],
    ["192.168.1.1"],
    ["169.254.169.254"],
    ["100.64.0.1"],
    ["0.0.0.0"],
    ["224.0.0.1"],
    ["255.255.255.255"],
    ["::1"],
    ["::"],
    ["fe80::1%eth0"],
    ["fd00::1"],
    ["ff02::1"],
    ["::ffff:127.0.0.1"],
    ["::ffff:10.0.0.1"],
    ["64:ff9b::7f00:1"],
    ["2002:7f00:1::"],
    ["2001:0:7f00:1::"],
    ["93.184.215.14", "127.0.0.1"],  # one that is public does not make the other one so
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("web"), NAME) as web:
        yield web


@pytest.fixture
def web(running: Web) -> Web:
    running.sites = {NAME: sites.file(b"{}")}
    running.asked.clear()
    running.dialled.clear()
    running.moved.clear()
    return running


def test_a_file_is_fetched_by_https_from_the_address_of_its_name(web: Web) -> None:
    answer = web.client().get(NAME, "/file.json", 100)
    assert (answer.status, answer.body, answer.is_cut) == (200, b"{}", False)
    assert answer.media_type == "application/json"
    assert web.asked == [(NAME, "/file.json")]
    assert web.dialled == [(web.addresses[NAME], 443)]


@pytest.mark.parametrize("addresses", PRIVATE, ids=lambda addresses: addresses[-1])
def test_a_name_that_leads_into_a_private_network_is_not_asked(web: Web, addresses: list[str]) -> None:
    web.moved[NAME] = [addresses]
    with pytest.raises(AccessDeniedError, match="private network"):
        web.client().get(NAME, "/", 100)
    assert web.dialled == []


def test_a_name_that_leads_elsewhere_a_moment_later_is_asked_where_it_was_looked_up(web: Web) -> None:
    web.moved[NAME] = [[web.addresses[NAME]], ["127.0.0.1"], ["127.0.0.1"]]
    assert web.client().get(NAME, "/", 100).status == 200
    assert web.dialled == [(web.addresses[NAME], 443)]


def test_another_address_of_the_name_is_tried_where_one_does_not_answer(web: Web) -> None:
    web.moved[NAME] = [["93.184.215.99", web.addresses[NAME]]]
    assert web.client().get(NAME, "/", 100).status == 200
    assert [host for host, _ in web.dialled] == ["93.184.215.99", web.addresses[NAME]]


@pytest.mark.parametrize(
    "name",
    [
        *("127.0.0.1", "[::1]", "2130706433", "0x7f.1", "1.2.3.4.", "localhost", "printer", "db.internal"),
        *("intranet.local", "a.b.test", "hidden.onion", "1.0.0.127.in-addr.arpa", "hospital.example:8443"),
        *("user@hospital.example", "https://hospital.example", "hospital.example/path", "hospital.example."),
        *("hospital .example", "hospital.example\n", "-a.example", "a..example", "", "a" * 64 + ".example"),
        "hоspital.example",  # the first o is Cyrillic
        ".".join(["a" * 60] * 5) + ".example",
    ],
)
def test_what_is_no_public_name_is_not_even_looked_up(web: Web, name: str) -> None:
    with pytest.raises(InputError):
        web.client().get(name, "/", 100)
    assert web.dialled == []


def test_a_certificate_of_another_name_does_not_count(web: Web) -> None:
    web.sites["other.example"] = sites.file(b"{}")
    with pytest.raises(UnavailableError, match="no certificate that counts"):
        web.client().get("other.example", "/", 100)
    assert web.asked == []


def test_a_certificate_of_an_unknown_authority_does_not_count(web: Web) -> None:
    with pytest.raises(UnavailableError, match="no certificate that counts"):
        web.client(trusted=ssl.create_default_context()).get(NAME, "/", 100)
    assert web.asked == []


def test_a_redirect_is_an_answer(web: Web) -> None:
    web.sites[NAME] = lambda q: q.answer(b"", 302, Location="https://169.254.169.254/latest/meta-data")
    assert web.client().get(NAME, "/", 100).status == 302
    assert len(web.dialled) == 1


def test_a_flood_is_cut(web: Web) -> None:
    web.sites[NAME] = sites.flood
    answer = web.client().get(NAME, "/", 1_000)
    assert answer.is_cut
    assert len(answer.body) == 1_000


def test_a_drip_ends_at_the_deadline(web: Web) -> None:
    web.sites[NAME] = sites.drip
    with in_time(), pytest.raises(UnavailableError, match="in time"):
        web.client(0.5).get(NAME, "/", 1_000)


def test_a_resolver_without_an_answer_ends_at_the_deadline(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(web, "resolve", lambda _name: ended.wait(100) and [])
    try:
        with in_time(), pytest.raises(UnavailableError, match="no address"):
            web.client(0.3).get(NAME, "/", 100)
    finally:
        ended.set()


def test_an_unknown_name_says_nothing_of_the_machine(web: Web) -> None:
    with pytest.raises(BioDeSciError) as caught:
        web.client().get("nobody.example", "/", 100)
    assert str(caught.value).startswith("nobody.example leads to no address.")


def test_a_proxy_of_the_environment_is_not_asked(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert web.client().get(NAME, "/", 100).status == 200
