"""A part of HL7 FHIR R4B's AuditEvent (https://hl7.org/fhir/R4B/auditevent.html): the fields that an audit
trail fills. The names are FHIR's, and so are the codes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from biodesci.core.documents.base import Part
from biodesci.core.documents.values import Text

Filled = Annotated[Text, Field(min_length=1)]


class Coding(Part):
    """A code of a system, and what it means."""

    system: Filled
    code: Filled
    display: Filled | None = None


class Concept(Part):
    """What there is no code for, in words."""

    text: Filled


class Identifier(Part):
    """A name of something in a system of names."""

    system: Filled
    value: Filled


class Reference(Part):
    """Points to something that is no FHIR resource, by its identifier."""

    identifier: Identifier
    display: Filled | None = None


class Agent(Part):
    """Who took part; `alt_id` is an account's address."""

    role: list[Concept]
    who: Reference
    alt_id: Filled
    requestor: bool


class Source(Part):
    """Who recorded the event."""

    observer: Reference


class Detail(Part):
    """A field of an event."""

    type: Filled
    value_string: Filled


class Entity(Part):
    """What the event is about."""

    what: Reference
    detail: list[Detail]


class AuditEvent(Part):
    """An event; `recorded` is a time in UTC, `outcome` "0" for success."""

    resource_type: Literal["AuditEvent"] = "AuditEvent"
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9\-.]{1,64}$")]
    type: Coding
    subtype: list[Coding]
    action: Literal["C", "R", "U", "D", "E"]
    recorded: Filled
    outcome: Literal["0"] = "0"
    agent: Annotated[list[Agent], Field(min_length=1)]
    source: Source
    entity: list[Entity]


class BundleEntry(Part):
    """An event in a bundle, under a name of its own."""

    full_url: Filled
    resource: AuditEvent
