"""A dataset as health data access bodies list it: HealthDCAT-AP (release 8, data that are not public), an
extension of DCAT-AP 3, in RDF. Made of the card, and of what its owner says for such a catalogue.

Specification: https://code.europa.eu/healthdataeu/healthdcat-ap. What nobody knows (population coverage,
ages) is left out; numbers of records and of people are those of the card, rounded. Concepts of the European
vocabularies are described as these have them, since a validator may not have loaded them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from biodesci.core.documents.card_files import FileObject, PlainFile
from biodesci.core.documents.dataset_card import DatasetCard, RecordSet
from biodesci.core.errors import InputError

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

_LEGISLATION: Final = "http://data.europa.eu/eli/reg/2025/327/oj"  # the European Health Data Space
_AUTHORITY: Final = "http://publications.europa.eu/resource/authority"
_IRI: Final = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_CORE: Final = "http://data.europa.eu/m8g/"
_CSVW: Final = "http://www.w3.org/ns/csvw#"
_HEALTH: Final = "http://healthdataportal.eu/ns/health#"
_DCATAP: Final = "http://data.europa.eu/r5r/"
_DATATYPES: Final = {
    "sc:Boolean": "boolean",
    "sc:Date": "date",
    "sc:DateTime": "dateTime",
    "sc:Integer": "integer",
    "sc:Float": "double",
}
_CATEGORY_SCHEME: Final = "https://hdeu-dcat.data.health.europa.eu/resource/authority/healthcategories"
CATEGORIES: Final = {
    "EHRS": "Electronic health data from EHRs",
    "DIOH": "Data on factors impacting on health",
    "NRPE": "Aggregated data on healthcare needs, resources, provision, expenditure and financing",
    "RPDG": "Data on pathogens that impact human health",
    "HRAD": "Healthcare-related administrative data",
    "HGPD": "Human genetic, epigenomic and genomic data",
    "HPML": "Other human molecular data",
    "PGEH": "Personal health data generated automatically through medical devices",
    "WELA": "Data from wellness applications",
    "IDHP": "Data on health professionals involved in a treatment",
    "PHDR": "Data from population-based health data registries",
    "MRMR": "Data from medical registries and mortality registries",
    "EHCT": "Data from clinical trials, studies and investigations",
    "EMRD": "Other health data from medical devices",
    "RMMD": "Data from registries for medicinal products and medical devices",
    "RQSH": "Data from research cohorts, questionnaires and surveys related to health",
    "EINS": "Health data from biobanks and associated databases",
}
"""Health categories by their code in the European vocabulary: EHDS, article 51(1)."""
_SPDX: Final = "http://spdx.org/rdf/terms#"
_VCARD: Final = "http://www.w3.org/2006/vcard/ns#"


@dataclass(frozen=True)
class Entry:
    """What a catalogue wants and no card says.

    `identifier` is an IRI of the dataset, `contact` one at which its owner is reached (mailto: or https:),
    `access_body` the health data access body that is in charge, with its own `access_body_contact`,
    `categories` the health categories of EHDS article 51, by their codes (`CATEGORIES`) or as IRIs of the
    European vocabulary, `provenance` how the data came about.
    """

    identifier: str
    contact: str
    access_body: str
    access_body_contact: str
    categories: tuple[str, ...]
    provenance: str


def document(card: DatasetCard, entry: Entry, syntax: Literal["turtle", "json-ld"]) -> bytes:
    """The description in Turtle or JSON-LD. Raises InputError for an entry with something missing, that is no
    IRI where it should be one, or with a category that the vocabulary does not have."""
    return graph(card, entry).serialize(format=syntax).encode()


def graph(card: DatasetCard, entry: Entry) -> Graph:
    """The description as a graph. Raises InputError as `document` does."""
    from rdflib import Graph, Literal, URIRef  # noqa: PLC0415 - for this command alone
    from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, XSD, Namespace  # noqa: PLC0415

    _require_whole(card, entry)
    health, dcatap = Namespace(_HEALTH), Namespace(_DCATAP)
    described = Graph()
    for prefix, namespace in (("healthdcatap", _HEALTH), ("dcatap", _DCATAP), ("spdx", _SPDX)):
        described.bind(prefix, namespace)
    dataset = URIRef(entry.identifier)

    def say(prop: URIRef, *values: Node) -> None:
        for value in values:
            described.add((dataset, prop, value))

    say(RDF.type, DCAT.Dataset)
    say(DCTERMS.identifier, Literal(entry.identifier, datatype=XSD.anyURI))
    say(DCTERMS.title, Literal(card.name))
    say(DCTERMS.description, Literal(card.description.strip() or card.name))
    say(DCTERMS.issued, Literal(card.date_published, datatype=XSD.date))
    say(DCAT.version, Literal(card.version))
    access = _concept(described, f"{_AUTHORITY}/access-right/NON_PUBLIC", "non-public", "Access right")
    described.add((access, RDF.type, DCTERMS.RightsStatement))
    say(DCTERMS.accessRights, access)
    # The specification wants this type; the vocabulary of types does not have it yet, so no scheme is named.
    say(DCTERMS.type, _concept(described, f"{_AUTHORITY}/dataset-type/PERSONAL_DATA", "personal data"))
    say(DCAT.theme, _concept(described, f"{_AUTHORITY}/data-theme/HEAL", "Health", "Data theme"))
    say(dcatap.applicableLegislation, URIRef(_LEGISLATION))
    for code in map(_category, entry.categories):
        iri = f"{_CATEGORY_SCHEME}/{code}"
        say(health.healthCategory, _concept(described, iri, CATEGORIES[code], "Health categories"))
    say(DCAT.keyword, *map(Literal, card.keywords or ("health",)))
    owner = card.creator.name if card.creator else card.name
    say(DCTERMS.publisher, _agent(described, owner, entry.contact))
    say(health.hdab, _agent(described, entry.access_body, entry.access_body_contact))
    say(DCAT.contactPoint, _contact(described, entry.contact))
    say(DCTERMS.provenance, _labelled(described, DCTERMS.ProvenanceStatement, entry.provenance))
    say(DCAT.distribution, _distribution(described, card))
    say(health.hasStructuredData, Literal(bool(card.record_set)))
    if card.record_set:
        say(health.hasVariables, _variables(described, card.name, card.record_set))
    if card.records is not None:
        say(health.numberOfRecords, Literal(card.records, datatype=XSD.nonNegativeInteger))
    people = [table.people for table in card.record_set or () if table.people is not None]
    if len(people) == 1:
        say(health.numberOfUniqueIndividuals, Literal(people[0], datatype=XSD.nonNegativeInteger))
    described.bind("foaf", FOAF)
    return described


def _distribution(described: Graph, card: DatasetCard) -> Node:
    from rdflib import BNode, Literal, URIRef  # noqa: PLC0415
    from rdflib.namespace import DCAT, DCTERMS, RDF, XSD, Namespace  # noqa: PLC0415

    container, plain = card.distribution[:2]
    assert isinstance(container, FileObject) and isinstance(plain, PlainFile), "a card has both"
    spdx, node, checksum = Namespace(_SPDX), BNode(), BNode()
    rights = "Data use terms (GA4GH DUO): " + ", ".join(card.usage_info)
    for prop, value in (
        (RDF.type, DCAT.Distribution),
        (DCAT.accessURL, URIRef(card.url)),
        (Namespace(_DCATAP).applicableLegislation, URIRef(_LEGISLATION)),
        (DCAT.byteSize, Literal(container.size, datatype=XSD.nonNegativeInteger)),
        (DCTERMS.description, Literal(f"An encrypted file; what it holds is {plain.encoding_format}.")),
        (DCTERMS.rights, _labelled(described, DCTERMS.RightsStatement, rights)),
        (spdx.checksum, checksum),
    ):
        described.add((node, prop, value))
    if _IRI.fullmatch(card.license):
        described.add((node, DCTERMS.license, URIRef(card.license)))
        described.add((URIRef(card.license), RDF.type, DCTERMS.LicenseDocument))
    described.add((checksum, RDF.type, spdx.Checksum))
    described.add((checksum, spdx.algorithm, spdx.checksumAlgorithm_sha256))
    described.add((spdx.checksumAlgorithm_sha256, RDF.type, spdx.ChecksumAlgorithm))
    described.add((checksum, spdx.checksumValue, Literal(container.sha256.hex(), datatype=XSD.hexBinary)))
    return node


def _concept(described: Graph, iri: str, label: str, scheme: str = "") -> Node:
    """A concept of a vocabulary that is called `scheme`, and whose IRI the concept's begins with."""
    from rdflib import Literal, URIRef  # noqa: PLC0415
    from rdflib.namespace import DCTERMS, RDF, SKOS  # noqa: PLC0415

    node = URIRef(iri)
    described.add((node, RDF.type, SKOS.Concept))
    described.add((node, SKOS.prefLabel, Literal(label, lang="en")))
    if scheme:
        vocabulary = URIRef(iri.rpartition("/")[0])
        described.add((node, SKOS.inScheme, vocabulary))
        described.add((vocabulary, RDF.type, SKOS.ConceptScheme))
        described.add((vocabulary, DCTERMS.title, Literal(scheme, lang="en")))
    return node


def _category(text: str) -> str:
    """The code of a health category, from the code or its IRI."""
    code = text.removeprefix(f"{_CATEGORY_SCHEME}/")
    if code not in CATEGORIES:
        raise InputError(
            f"{text!r} is no health category of EHDS article 51.",
            f"Give its code or its IRI: {', '.join(CATEGORIES)} (or {_CATEGORY_SCHEME}/EHRS).",
        )
    return code


def _agent(described: Graph, name: str, contact: str) -> Node:
    from rdflib import BNode, Literal, URIRef  # noqa: PLC0415
    from rdflib.namespace import FOAF, RDF, Namespace  # noqa: PLC0415

    core, node, point = Namespace(_CORE), BNode(), BNode()
    described.add((node, RDF.type, FOAF.Agent))
    described.add((node, FOAF.name, Literal(name)))
    described.add((node, core.contactPoint, point))
    described.add((point, RDF.type, core.ContactPoint))
    if contact.startswith("mailto:"):
        described.add((point, core.email, Literal(contact.removeprefix("mailto:"))))
    else:
        described.add((point, core.contactPage, URIRef(contact)))
    return node


def _variables(described: Graph, title: str, tables: Sequence[RecordSet]) -> Node:
    """What columns there are, as the card describes them (CSV on the Web's terms)."""
    from rdflib import BNode, Literal  # noqa: PLC0415
    from rdflib.namespace import DCTERMS, RDF, Namespace  # noqa: PLC0415

    csvw, group = Namespace(_CSVW), BNode()
    described.add((group, RDF.type, csvw.TableGroup))
    described.add((group, DCTERMS.title, Literal(title)))
    for table in tables:
        node = BNode()
        described.add((group, csvw.table, node))
        described.add((node, RDF.type, csvw.Table))
        described.add((node, DCTERMS.title, Literal(table.name)))
        for field in table.field:
            column = BNode()
            described.add((node, csvw.column, column))
            described.add((column, RDF.type, csvw.Column))
            for prop, text in (
                (csvw["name"], field.name),
                (csvw["title"], field.name),
                (DCTERMS.description, field.description or field.name),
                (csvw["datatype"], _DATATYPES.get(field.data_type, "string")),
            ):
                described.add((column, prop, Literal(text)))
    return group


def _contact(described: Graph, iri: str) -> Node:
    from rdflib import BNode, URIRef  # noqa: PLC0415
    from rdflib.namespace import RDF, Namespace  # noqa: PLC0415

    vcard, node = Namespace(_VCARD), BNode()
    described.add((node, RDF.type, vcard.Kind))
    described.add((node, vcard.hasEmail if iri.startswith("mailto:") else vcard.hasURL, URIRef(iri)))
    return node


def _labelled(described: Graph, kind: Node, text: str) -> Node:
    from rdflib import BNode, Literal  # noqa: PLC0415
    from rdflib.namespace import RDF, RDFS  # noqa: PLC0415

    node = BNode()
    described.add((node, RDF.type, kind))
    described.add((node, RDFS.label, Literal(text)))
    return node


def _require_whole(card: DatasetCard, entry: Entry) -> None:
    iris = {
        "identifier": entry.identifier,
        "contact": entry.contact,
        "contact of the access body": entry.access_body_contact,
    }
    for name, iri in iris.items():
        if not _IRI.fullmatch(iri):
            raise InputError(
                f"The {name} of the catalogue's entry is no IRI.",
                "Give one, such as mailto:data@example.org.",
            )
    texts = {"access body": entry.access_body, "provenance": entry.provenance}
    lacking = [name for name, text in texts.items() if not text.strip()]
    if not entry.categories:
        lacking.append("health categories")
    if lacking:
        raise InputError(
            f"HealthDCAT-AP wants what the entry lacks: {', '.join(lacking)}.",
            f"Say it for the dataset {card.name!r}.",
        )
