"""Which visas of a passport count, and why others do not."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import pytest

from biodesci.core.errors import AccessDeniedError, InputError
from biodesci.core.visa import VisaType
from biodesci.passports.conditions import are_met, matches
from biodesci.passports.passport import MOST, read
from tests.backend.passports.conftest import BONA_FIDE, GRANTED, HOUR, trust_in


@pytest.fixture
def judge(trust, keys):
    def shown(passport: str, by: Any = trust) -> Any:
        return read(passport, by, keys, int(time.time()))

    return shown


def types(shown: Any) -> list[VisaType]:
    return [one.rule.type for one in shown.accepted]


def test_a_passport_and_a_visa_by_itself_count(broker, second, judge):
    terms = broker.visa("AcceptedTermsAndPolicies", by="self")
    shown = judge(broker.passport(broker.visa(), terms))
    assert types(shown) == [VisaType.RESEARCHER_STATUS, VisaType.ACCEPTED_TERMS_AND_POLICIES]
    assert shown.ignored == ()
    assert shown.accepted[0].value == BONA_FIDE
    assert BONA_FIDE not in repr(shown)
    assert types(judge(second.visa())) == [VisaType.RESEARCHER_STATUS]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"type_": "Doctor"}, "type for which there is no rule"),
        ({"type_": "ControlledAccessGrants"}, "type or value for which there is no rule"),
        ({"value": "https://doi.org/another"}, "type or value for which there is no rule"),
        ({"value": BONA_FIDE.upper()}, "type or value for which there is no rule"),
        ({"value": ["x"]}, "no text of its length"),
        ({"value": None}, "missing"),
        ({"source": "https://no.organization"}, "a source for which its broker does not speak"),
        ({"source": None}, "missing"),
        ({"by": "peer"}, "authority that does not suffice"),
        ({"by": None}, "authority that does not suffice"),
        ({"by": "king"}, "no known authority"),
        ({"asserted": None}, "when it was asserted"),
        ({"asserted": True}, "when it was asserted"),
        ({"asserted": 1 << 39}, "when it was asserted"),
        ({"asserted": 1 << 32, "claims": {"exp": 1 << 33}}, "a time that has not come yet"),
        ({"claims": {"sub": "somebody else"}}, "nothing that counts links it"),
        ({"claims": {"exp": int(time.time()) - HOUR}}, "has expired"),
    ],
)
def test_a_visa_that_does_not_count_is_passed_over_with_the_reason(broker, judge, fields, why):
    shown = judge(broker.passport(broker.visa(**fields), broker.visa("AcceptedTermsAndPolicies")))
    assert types(shown) == [VisaType.ACCEPTED_TERMS_AND_POLICIES]
    assert len(shown.ignored) == 1
    assert why in shown.ignored[0]


def test_a_visa_of_a_broker_that_nobody_named_is_passed_over(broker, stranger, judge):
    shown = judge(broker.passport(stranger.visa(), "no token", broker.visa()))
    assert len(shown.accepted) == 1
    assert ["does not trust" in why for why in shown.ignored] == [True, False]


def test_what_is_neither_passport_nor_visa_is_refused(broker, judge):
    for claims in ({}, {"ga4gh_passport_v1": "x"}, {"ga4gh_passport_v1": [], "ga4gh_visa_v1": {}}):
        with pytest.raises(InputError, match="neither a passport nor a visa"):
            judge(broker.sign(claims))
    with pytest.raises(InputError, match=f"more than {MOST}"):
        judge(broker.passport(*["x"] * (MOST + 1)))


def test_a_grant_stands_for_the_dataset_of_its_rule(broker, second, keys):
    rule = {"type": "ControlledAccessGrants", "values": [GRANTED], "by": ["dac"], "dataset": 3}
    trust = trust_in(broker, second, rules=[rule])
    visa = broker.visa("ControlledAccessGrants", value=GRANTED, by="dac")
    shown = read(visa, trust, keys, int(time.time()))
    assert shown.accepted[0].rule.dataset == 3


def test_a_grant_that_stands_in_two_rules_counts_for_both_datasets(broker, second, keys):
    def rule(dataset: int, *by: str) -> dict[str, Any]:
        return {"type": "ControlledAccessGrants", "values": [GRANTED], "by": by, "dataset": dataset}

    trust = trust_in(broker, second, rules=[rule(3, "dac"), rule(4, "so"), rule(5, "so", "dac")])
    visa = broker.visa("ControlledAccessGrants", value=GRANTED, by="dac")
    shown = read(visa, trust, keys, int(time.time()))
    assert [one.rule.dataset for one in shown.accepted] == [3, 5]
    assert not shown.ignored


def links(*pairs: tuple[str, str]) -> str:
    return ";".join(f"{quote(sub, safe='')},{quote(iss, safe='')}" for sub, iss in pairs)


ELSEWHERE = "https://a.example"


@pytest.fixture
def linking(broker, second, keys):
    """As `judge`, of an operator who lets each broker link the other's people, and those of a third."""
    said = [
        {
            "issuer": one.issuer,
            "jwks": f"{index}.json",
            "sources": [one.source],
            "links": [other.issuer, ELSEWHERE],
        }
        for index, (one, other) in enumerate(((broker, second), (second, broker)))
    ]
    trust = trust_in(brokers=said)
    return lambda token: read(token, trust, keys, int(time.time()))


def test_another_identitys_visa_counts_once_whoever_may_links_it(broker, second, linking):
    other = second.visa(claims={"sub": "567"})
    assert types(linking(broker.passport(other))) == []
    link = broker.visa("LinkedIdentities", value=links(("567", second.issuer)))
    shown = linking(broker.passport(other, link))
    assert types(shown) == [VisaType.RESEARCHER_STATUS]
    assert set(shown.identities) == {("researcher", broker.issuer), ("567", second.issuer)}
    # The other way round, and by a chain of two.
    back = second.visa("LinkedIdentities", {"sub": "567"}, value=links(("researcher", broker.issuer)))
    assert types(linking(broker.passport(other, back))) == [VisaType.RESEARCHER_STATUS]
    first = broker.visa("LinkedIdentities", value=links(("1", ELSEWHERE)))
    then = second.visa("LinkedIdentities", {"sub": "567"}, value=links(("1", ELSEWHERE)))
    assert types(linking(broker.passport(other, then, first))) == [VisaType.RESEARCHER_STATUS]
    assert types(linking(broker.passport(other, then))) == []


def test_the_identities_that_one_visa_lists_are_linked_to_its_own(broker, second, linking):
    """Of a chain, each identity ends with the first link on the way that lasts longest."""
    now = int(time.time())
    star = broker.visa(
        "LinkedIdentities", {"exp": now + 500}, value=links(("567", second.issuer), ("2", ELSEWHERE))
    )
    longer = broker.visa("LinkedIdentities", {"exp": now + 900}, value=links(("2", ELSEWHERE)))
    last = second.visa("LinkedIdentities", {"sub": "567", "exp": now + 700}, value=links(("2", ELSEWHERE)))
    token = broker.passport(second.visa(claims={"sub": "567"}), star, longer, last)
    shown = linking(token)
    assert len(shown.identities) == 3
    assert shown.accepted[0].expires == now + 700


@pytest.mark.parametrize(
    "spoil",
    [
        {"source": "https://no.organization"},
        {"value": "567 https://other.example"},
        {"conditions": [[{"type": "ResearcherStatus", "by": "const:so"}]]},
        {"claims": {"exp": int(time.time()) - HOUR}},
    ],
)
def test_a_link_that_does_not_count_links_nothing(broker, second, linking, spoil):
    claims = spoil.pop("claims", None)
    fields = {"value": links(("567", second.issuer)), **spoil}
    link = broker.visa("LinkedIdentities", claims, **fields)
    assert types(linking(broker.passport(second.visa(claims={"sub": "567"}), link))) == []


def test_a_linked_visa_ends_with_its_link(broker, second, linking):
    end = int(time.time()) + 600
    link = broker.visa("LinkedIdentities", {"exp": end}, value=links(("567", second.issuer)))
    shown = linking(broker.passport(second.visa(claims={"sub": "567"}), link))
    assert shown.accepted[0].expires == end


STATUS = {"type": "ResearcherStatus", "value": f"const:{BONA_FIDE}"}


@pytest.mark.parametrize(
    ("conditions", "met"),
    [
        ([[STATUS]], True),
        ([[STATUS, {"type": "ResearcherStatus", "by": "const:so"}]], True),
        ([[STATUS, {"type": "ResearcherStatus", "by": "const:dac"}]], False),
        ([[{"type": "AffiliationAndRole", "by": "const:so"}], [STATUS]], True),
        ([[{"type": "ResearcherStatus", "value": "pattern:https://doi.org/*-018-0219-?"}]], True),
        ([[{"type": "ResearcherStatus", "value": "split_pattern:*0219-y"}]], True),
        ([[{"type": "ResearcherStatus", "value": "pattern:https://doi.org/?"}]], False),
        ([[{"type": "ResearcherStatus", "value": f"regex:{BONA_FIDE}"}]], False),
        ([[{"type": "ResearcherStatus", "value": BONA_FIDE}]], False),
        ([[{"type": "ResearcherStatus"}]], False),
        ([[{"type": "ResearcherStatus", "asserted": "const:1"}]], False),
        ([[{"value": f"const:{BONA_FIDE}"}]], False),
        ([[]], False),
        ("all", False),
        ([STATUS], False),
    ],
)
def test_conditions_are_met_by_other_visas_or_the_visa_does_not_count(broker, judge, conditions, met):
    terms = broker.visa("AcceptedTermsAndPolicies", conditions=conditions)
    shown = judge(broker.passport(terms, broker.visa()))
    assert (VisaType.ACCEPTED_TERMS_AND_POLICIES in types(shown)) is met
    assert any("conditions are not met" in why for why in shown.ignored) is not met


def test_a_condition_is_not_met_by_an_unlinked_visa_nor_by_one_with_conditions(broker, second, judge):
    terms = broker.visa("AcceptedTermsAndPolicies", conditions=[[STATUS]])
    assert types(judge(broker.passport(terms, second.visa(claims={"sub": "567"})))) == []
    chained = broker.visa(conditions=[[{"type": "AcceptedTermsAndPolicies", "by": "const:so"}]])
    assert types(judge(broker.passport(terms, chained))) == []


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("a*c", "abbc", True), ("a*c", "ac", True), ("a?c", "ac", False), ("*", "", True), ("?", "", False),
        ("A", "a", False), ("a", "ab", False), ("*b*", "abc", True), ("a.c", "abc", False),
        ("[a]", "a", False), ("*" * 200 + "b", "a" * 255, False), ("a" * 256, "a" * 256, False),
    ],
)  # fmt: skip
def test_patterns(pattern, text, fits):
    assert matches(pattern, text) is fits


def test_too_many_conditions_are_not_looked_at():
    fields = [{"type": "ResearcherStatus", "value": BONA_FIDE}]
    assert are_met([[STATUS]] * 64, fields)
    assert not are_met([[STATUS]] * 65, fields)
    assert not are_met([[STATUS] * 65], fields)


def test_a_passport_of_a_broker_that_nobody_named_is_refused_whole(broker, stranger, judge):
    with pytest.raises(AccessDeniedError, match="does not trust"):
        judge(stranger.passport(broker.visa()))
