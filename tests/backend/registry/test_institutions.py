"""A name is proven by the domain's own file, signed by the account, in force, for this network; or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from biodesci.chain.client import Chain
from biodesci.core.documents.institution import PATH, Institution, InstitutionFile, Network
from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    ConfigurationError,
    InputError,
    IntegrityError,
    NotFoundError,
    StateError,
    UnavailableError,
)
from biodesci.core.onchain import DAY
from biodesci.registry import institutions
from biodesci.registry.institutions import FRESH, network_of, prove, sign
from biodesci.registry.ror_release import RorRelease
from tests.backend import sites
from tests.backend.chain.test_delegated_account import delegated
from tests.backend.sites import Web, running_web

NAME, LOOKALIKE = "hospital.example", "hospita1.example"
ROR = "https://ror.org/05gq02987"
NOW = 1_790_000_000
Chains = Callable[..., Chain]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("web"), NAME, LOOKALIKE) as web:
        yield web


@pytest.fixture
def web(running: Web) -> Web:
    running.sites = {}
    running.asked.clear()
    return running


def institution(account: str, **changed: Any) -> Institution:
    fields = {
        **{"domain": NAME, "account": account, "name": "Beispielklinik", "ror": ROR},
        **{"issued": NOW, "expires": NOW + 300 * DAY},
    }
    return Institution(**{**fields, **changed})


def signed(chain: Chain, network: Network | None = None, **changed: Any) -> InstitutionFile:
    return sign(chain, institution(chain.address, **changed), network)


def refused(chain: Chain, web: Web, error: type[BioDeSciError], words: str, now: int = NOW) -> None:
    with pytest.raises(error, match=words):
        prove(chain, web.client(), NAME, now)


@pytest.mark.parametrize("is_bound", [True, False])
def test_a_domain_proves_who_an_account_is(chain_for: Chains, web: Web, is_bound: bool) -> None:
    chain, stranger = chain_for(), chain_for()
    file = signed(chain, network_of(chain) if is_bound else None)
    web.sites[NAME] = sites.file(file.to_bytes(), "application/json; charset=utf-8")
    proven = prove(stranger, web.client(), NAME, NOW + 5)
    assert (proven.account, proven.name, proven.domain) == (chain.address, "Beispielklinik", NAME)
    assert (proven.ror, proven.ror_listed) == (ROR, None)
    assert (proven.proven_at, proven.until) == (NOW + 5, NOW + 5 + FRESH)
    assert web.asked == [(NAME, PATH)]


def test_a_proof_counts_no_longer_than_the_file(chain_for: Chains, web: Web) -> None:
    chain = chain_for()
    web.sites[NAME] = sites.file(signed(chain, expires=NOW + DAY).to_bytes())
    assert prove(chain, web.client(), NAME, NOW).until == NOW + DAY


@pytest.mark.parametrize("field", ["domain", "account", "name", "ror", "issued", "expires", "signature"])
def test_each_field_is_signed(chain_for: Chains, web: Web, field: str) -> None:
    chain = chain_for()
    fields = json.loads(signed(chain).to_bytes())
    changed = {
        "account": Account.create().address,
        "name": "Another hospital",
        "ror": "https://ror.org/02mhbdp94",
        "issued": NOW - 1,
        "expires": NOW + 301 * DAY,
    }
    if field == "signature":
        fields["signature"] = fields["signature"][:-4] + "0000"
    elif field == "domain":
        fields["institution"]["domain"] = LOOKALIKE
    else:
        fields["institution"][field] = changed[field]
    raw = (json.dumps(fields, indent=2) + "\n").encode()
    host = LOOKALIKE if field == "domain" else NAME
    web.sites[host] = sites.file(raw)
    with pytest.raises(AccessDeniedError, match="not signed by"):
        prove(chain, web.client(), host, NOW)


def test_a_proof_of_another_domain_proves_nothing_of_this_one(chain_for: Chains, web: Web) -> None:
    """Whoever has a name that looks like the hospital's serves the hospital's own file."""
    chain = chain_for()
    web.sites[LOOKALIKE] = sites.file(signed(chain).to_bytes())
    with pytest.raises(IntegrityError, match="of another domain"):
        prove(chain, web.client(), LOOKALIKE, NOW)


def test_a_name_that_looks_alike_is_proven_for_its_own_domain_alone(chain_for: Chains, web: Web) -> None:
    owner = chain_for()
    web.sites[LOOKALIKE] = sites.file(signed(owner, domain=LOOKALIKE).to_bytes())
    assert prove(owner, web.client(), LOOKALIKE.upper(), NOW).domain == LOOKALIKE
    web.sites[NAME] = web.sites[LOOKALIKE]
    refused(owner, web, IntegrityError, "of another domain")


@pytest.mark.parametrize("changed", [{"chain_id": 1}, {"contract": "0x" + "11" * 20}])
def test_a_proof_for_another_network_does_not_count(
    chain_for: Chains, web: Web, changed: dict[str, Any]
) -> None:
    chain = chain_for()
    network = Network(**{**network_of(chain).model_dump(by_alias=False), **changed})
    web.sites[NAME] = sites.file(signed(chain, network).to_bytes())
    refused(chain, web, IntegrityError, "other contracts or another chain")


def test_a_signature_for_one_network_does_not_count_for_all(chain_for: Chains, web: Web) -> None:
    chain = chain_for()
    fields = json.loads(signed(chain, network_of(chain)).to_bytes())
    del fields["network"]
    web.sites[NAME] = sites.file(json.dumps(fields).encode())
    refused(chain, web, AccessDeniedError, "not signed by")


def test_a_proof_counts_while_it_is_in_force(chain_for: Chains, web: Web) -> None:
    chain = chain_for()
    web.sites[NAME] = sites.file(signed(chain).to_bytes())
    refused(chain, web, StateError, "ended on", NOW + 300 * DAY + 1)
    refused(chain, web, StateError, "counts from", NOW - DAY)
    assert prove(chain, web.client(), NAME, NOW - 60)  # clocks differ


def test_a_wallet_with_code_answers_for_its_signature(localnet: Any, chain_for: Chains, web: Web) -> None:
    account = localnet.account()
    key_holder = chain_for()
    delegated(localnet, account, key_holder.address)
    file = sign(key_holder, institution(account.address), None)
    web.sites[NAME] = sites.file(file.to_bytes())
    assert prove(chain_for(), web.client(), NAME, NOW).account == account.address
    with pytest.raises(AccessDeniedError, match="not signed by"):
        sign(chain_for(), institution(account.address), None)
    with pytest.raises(AccessDeniedError, match="not signed by"):  # its key alone is not its code
        sign(chain_for(account), institution(account.address), None)


def test_what_is_no_proof_is_refused(chain_for: Chains, web: Web) -> None:
    chain, good = chain_for(), signed(chain_for()).to_bytes()
    served: list[tuple[sites.Serve, type[BioDeSciError], str]] = [
        (sites.file(good, "text/html"), InputError, "not of the type"),
        (sites.file(good, "application/octet-stream"), InputError, "not of the type"),
        (sites.file(b"<html>"), InputError, "not JSON"),
        (sites.file(b'{"format": "biodesci-visa/1"}'), InputError, "another document"),
        (sites.file(good + b" " * (16 << 10)), InputError, "too large"),
        (sites.flood, InputError, "too large"),
        (lambda q: q.answer(good, 404), NotFoundError, "no proof"),
        (lambda q: q.answer(good, 503), UnavailableError, "503"),
        (lambda q: q.answer(good, 301, Location=f"https://{LOOKALIKE}{PATH}"), InputError, "no redirect"),
        (lambda q: q.answer(good, 302, Location="https://127.0.0.1/"), InputError, "no redirect"),
    ]
    for serve, error, words in served:
        web.asked.clear()
        web.sites[NAME] = serve
        refused(chain, web, error, words)
        assert len(web.asked) == 1


def test_a_release_of_ror_says_whether_the_id_is_of_the_domain(
    chain_for: Chains, web: Web, tmp_path: Path
) -> None:
    def record(id_: str, domains: list[str], site: str = "https://www.else.example/", status: str = "active"):
        links = [
            {"type": "wikipedia", "value": "https://en.wikipedia.org/wiki/A"},
            {"type": "website", "value": site},
        ]
        return {"id": id_, "domains": domains, "links": links, "status": status, "filler": "é" * 400_000}

    def listed(*records: dict[str, Any], domain: str = NAME) -> bool:
        release = tmp_path / "release.json"
        release.write_text(json.dumps(records, indent=4, ensure_ascii=False))
        return RorRelease(release).names(ROR, domain)

    other = "https://ror.org/02mhbdp94"
    assert listed(record(other, ["else.example"]), record(ROR, [NAME]), record(other, [], ""))
    assert listed(record(ROR, [NAME]), domain=f"heart.{NAME}")
    assert listed(record(ROR, [], "https://www.hospital.example/en"))
    assert not listed(record(ROR, ["else.example"], f"https://{NAME}"))
    assert not listed(record(ROR, [NAME]), domain=f"not{NAME}")
    assert not listed(record(other, [NAME]))
    assert not listed(record(ROR, [NAME], status="withdrawn"))
    assert not listed()
    chain = chain_for()
    web.sites[NAME] = sites.file(signed(chain).to_bytes())
    release = tmp_path / "release.json"
    assert prove(chain, web.client(), NAME, NOW, RorRelease(release)).ror_listed is False
    for text in ("", "{}", "[1]", '[{"id": "x"', '[{"status": "active"}]'):
        release.write_text(text)
        with pytest.raises(ConfigurationError, match="ROR"):
            RorRelease(release).names(ROR, NAME)


def test_an_account_without_a_file_is_not_asked_for_elsewhere(chain_for: Chains, web: Web) -> None:
    with pytest.raises(UnavailableError, match="no address"):
        institutions.fetch(web.client(), "nobody.example")
