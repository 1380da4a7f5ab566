"""HealthDCAT-AP beside the card: valid by SHACL shapes, in both syntaxes, and nothing is made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF, SKOS, Namespace

from biodesci.core.documents.dataset_card import DatasetCard
from biodesci.core.errors import InputError
from biodesci.market.healthdcat import CATEGORIES, Entry, document, graph

TESTS = Path(__file__).parents[2]
SHAPES = TESTS / "data" / "healthdcat_shapes.ttl"
CSVW = Namespace("http://www.w3.org/ns/csvw#")
HEALTH = Namespace("http://healthdataportal.eu/ns/health#")
CATEGORY = "https://hdeu-dcat.data.health.europa.eu/resource/authority/healthcategories"
CARDS = ("dataset-card.json", "dataset-card-opaque.json")
ENTRY = Entry(
    identifier="https://data.example.org/datasets/7",
    contact="mailto:data@example.org",
    access_body="Health data access body of Example",
    access_body_contact="https://hdab.example.org",
    categories=("EHRS", f"{CATEGORY}/HGPD"),
    provenance="Routine care, one hospital.",
)


def card(name: str) -> DatasetCard:
    return DatasetCard.parse((TESTS / "vectors" / "documents" / name).read_bytes())


def conforms(described: Graph) -> bool:
    return bool(validate(described, shacl_graph=Graph().parse(SHAPES), advanced=True)[0])


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("syntax", ["turtle", "json-ld"])
def test_a_card_becomes_a_valid_entry(name, syntax):
    assert conforms(Graph().parse(data=document(card(name), ENTRY, syntax), format=syntax))


def test_every_mandatory_property_is_asked_by_the_shapes():
    described = graph(card(CARDS[0]), ENTRY)
    dataset = URIRef(ENTRY.identifier)
    optional = {"issued", "version", "numberOfRecords", "type"}
    for prop in set(described.predicates(dataset)):
        if str(prop).rpartition("/")[2].rpartition("#")[2] in optional:
            continue
        lacking = Graph()
        for triple in described:
            if triple[:2] != (dataset, prop):
                lacking.add(triple)
        assert not conforms(lacking), prop


def test_categories_are_those_of_the_european_vocabulary():
    described = graph(card(CARDS[0]), ENTRY)
    named = set(described.objects(URIRef(ENTRY.identifier), HEALTH.healthCategory))
    assert named == {URIRef(f"{CATEGORY}/EHRS"), URIRef(f"{CATEGORY}/HGPD")}
    assert len(CATEGORIES) == 17  # EHDS, article 51(1), (a) to (q)


def test_concepts_need_no_vocabulary_to_be_valid():
    """A validator that has not loaded them asks for class, label and scheme."""
    described = graph(card(CARDS[0]), ENTRY)
    dataset = URIRef(ENTRY.identifier)
    for prop in (DCAT.theme, DCTERMS.accessRights, DCTERMS.type, HEALTH.healthCategory):
        for concept in described.objects(dataset, prop):
            for needed in (RDF.type, SKOS.prefLabel):
                lacking = Graph()
                for triple in described:
                    if triple[:2] != (concept, needed):
                        lacking.add(triple)
                assert not conforms(lacking), (concept, needed)


def test_numbers_are_the_rounded_ones_of_the_card_and_what_is_unknown_is_left_out():
    described = graph(card(CARDS[0]), ENTRY)
    dataset = URIRef(ENTRY.identifier)
    assert described.value(dataset, HEALTH.numberOfRecords).toPython() == 220
    opaque = graph(card(CARDS[1]), ENTRY)
    for unknown in ("numberOfRecords", "numberOfUniqueIndividuals", "populationCoverage", "minTypicalAge"):
        assert opaque.value(dataset, HEALTH[unknown]) is None


def test_columns_are_variables_and_a_file_without_a_table_is_not_structured():
    described = graph(card(CARDS[0]), ENTRY)
    names = {str(name) for name in described.objects(None, CSVW["name"])}
    assert names == {field.name for table in card(CARDS[0]).record_set for field in table.field}
    for name, is_table in zip(CARDS, (True, False), strict=True):
        described = graph(card(name), ENTRY)
        dataset = URIRef(ENTRY.identifier)
        assert described.value(dataset, HEALTH.hasStructuredData).toPython() is is_table
        assert (described.value(dataset, HEALTH.hasVariables) is not None) is is_table


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"contact": "data@example.org"}, "contact of the catalogue's entry is no IRI"),
        ({"identifier": "https://x y"}, "identifier"),
        ({"categories": ()}, "health categories"),
        ({"categories": ("EHRS", "ehr")}, "'ehr' is no health category"),
        ({"categories": ("https://example.org/categories/EHRS",)}, "no health category"),
        ({"categories": (f"{CATEGORY}/",)}, "no health category"),
        ({"access_body": " "}, "access body"),
        ({"provenance": ""}, "provenance"),
    ],
)
def test_an_entry_that_lacks_something_is_refused_in_words(change, why):
    with pytest.raises(InputError, match=why):
        document(card(CARDS[0]), replace(ENTRY, **change), "turtle")
