"""How documents are read and written: one way in (`parse`), one way out (`to_bytes`).

Whoever wrote a document may mean to break who reads it. So a document is read whole or refused: no field is
unknown, missing or of another type, and nothing is converted ("1" is no number, true is no number).

Two layouts:

- *canonical* (core/canonical.py) for what is hashed or stored under its hash;
- *readable*, indented, in the order of the fields or of their names, for files that people hand each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, from_json

from biodesci.core import canonical
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError

_MARKS: Final = ("format", "kind", "version")  # the fields that say what a document is
_NEWER: Final = "Update the program, or ask for a file that this version reads."


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)


class _Checked(ModelMetaclass):
    """Raises our own error where a part is made of what does not fit.

    An `__init__` of ours would do so, too, but pydantic calls a class's own `__init__` for each object
    of a JSON file, with what it converted for that.
    """

    if not TYPE_CHECKING:  # the type checker knows a part's fields from pydantic

        def __call__(cls, *args, **fields):
            try:
                return super().__call__(*args, **fields)
            except ValidationError as exc:
                raise InputError(
                    f"This makes no {cls.__name__}: {first_reason(exc)}.", "Correct it."
                ) from None


class Part(BaseModel, metaclass=_Checked):
    """A JSON object with a fixed set of fields, within a document.

    JSON names are the Python names in camelCase. Every field is spelled out in JSON; only a field whose
    default is None is left out where it is None. Making one of what does not fit its fields raises
    InputError. Its `repr` shows no field, as many documents are personal.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    @model_validator(mode="after")
    def _is_spelled(self, info: ValidationInfo) -> Self:
        if info.mode == "json":
            _require_spelled(self)
        return self

    @model_serializer(mode="wrap")
    def _spelled(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = write(self)
        for name, field in type(self).model_fields.items():
            if field.default is None and getattr(self, name) is None:
                fields.pop(field.serialization_alias or name, None)
        return fields

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return ()


class Document(Part):
    """A JSON document of one kind.

    A subclass says what a person calls it (`title`), what to do about one that is refused (`remedy`), and
    how many bytes the largest may have (`limit`).
    """

    title: ClassVar[str]
    remedy: ClassVar[str]
    limit: ClassVar[int]
    readable: ClassVar[bool] = False  # the layout
    alphabetical: ClassVar[bool] = False  # of a readable one: fields in the order of their names
    must_be_canonical: ClassVar[bool] = False  # whether another layout is refused
    refusal: ClassVar[type[BioDeSciError]] = InputError  # what `parse` raises

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The document that these bytes hold.

        Raises `refusal` (InputError where a kind says nothing else) with the path of the first field that is
        amiss, never with its value; IntegrityError for a layout that is not canonical where it must be.
        """
        if len(raw) > cls.limit:
            raise cls._refuse(f"it has more than {cls.limit:,} bytes")
        try:
            document = cls.model_validate_json(raw, by_alias=True, by_name=False)
        except ValidationError as exc:
            raise cls._refused(exc, raw) from None
        except (
            InputError
        ) as exc:  # a rule of the kind's own, whose advice is for whoever makes such a document
            raise cls._refuse(exc.message.rstrip(".")) from None
        if cls.must_be_canonical and document.to_bytes() != raw:
            raise IntegrityError(f"This {cls.title} is not in canonical form.", cls.remedy)
        if not cls.must_be_canonical and has_duplicates(raw):
            raise cls._refuse("a field stands in it twice")
        return document

    @property
    def fits(self) -> bool:
        """Whether it has no more bytes than `parse` takes."""
        return len(self._written()) <= self.limit

    def to_bytes(self) -> bytes:
        """The document's one form: canonical, or readable where the kind says so.

        Raises InputError for more bytes than `parse` takes.
        """
        raw = self._written()
        if len(raw) > self.limit:
            raise InputError(
                f"This {self.title} would have {len(raw):,} bytes, of which readers take {self.limit:,}.",
                "Make it smaller.",
            )
        return raw

    def _written(self) -> bytes:
        fields = self.model_dump(mode="json")
        if self.readable:
            text = json.dumps(fields, indent=2, sort_keys=self.alphabetical, allow_nan=False)
            return f"{text}\n".encode("ascii")
        return canonical.dumps(fields)

    @classmethod
    def _refuse(cls, why: str, hint: str = "") -> BioDeSciError:
        return cls.refusal(f"This is no {cls.title}: {why}.", hint or cls.remedy)

    @classmethod
    def _refused(cls, exc: ValidationError, raw: bytes) -> BioDeSciError:
        errors = exc.errors(include_url=False, include_context=False, include_input=False)
        if any(error["type"] == "json_invalid" for error in errors):
            return cls._refuse("it is not JSON")
        if any(error["loc"] in {(name,) for name in _MARKS} for error in errors):
            return cls._of_another_kind(raw)
        return cls._refuse(first_reason(exc))

    @classmethod
    def _of_another_kind(cls, raw: bytes) -> BioDeSciError:
        marks = _marks(raw)
        ours = {name: constants(cls, name) for name in _MARKS if name in cls.model_fields}
        same_family = any(
            _family(marks.get(name)) in map(_family, allowed)
            for name, allowed in ours.items()
            if name != "version"
        )
        if same_family:
            return cls._refuse("this program does not know its format", _NEWER)
        return cls._refuse("it is another document, or names no format")


def parse_one_of(raw: bytes, *kinds: type[Document]) -> Document:
    """The document that these bytes hold, of the one of `kinds` that its field `kind` names.

    Raises as `parse` of that kind does, and as that of the first for a document of none of them.
    """
    kind_named = _marks(raw).get("kind") if len(raw) <= max(kind.limit for kind in kinds) else None
    for kind in kinds:
        if kind_named in constants(kind, "kind"):
            return kind.parse(raw)
    return kinds[0].parse(raw)


def has_duplicates(raw: bytes) -> bool:
    """Whether an object of this JSON has a field twice: readers would differ in which of them counts."""
    is_twice = False

    def fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal is_twice
        unique = dict(pairs)
        is_twice = is_twice or len(unique) != len(pairs)
        return unique

    json.loads(raw, object_pairs_hook=fields)
    return is_twice


def constants(part: type[Part], name: str) -> tuple[object, ...]:
    """The constants that a field may be, if it may be nothing else."""
    annotation = part.model_fields[name].annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _marks(raw: bytes) -> dict[str, object]:
    """The fields of the outermost object that are texts or numbers; none of what is no object."""
    try:
        document = from_json(raw)
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    return {name: value for name, value in document.items() if isinstance(value, str | int)}


def _family(mark: object) -> object:
    """Of "biodesci-visa/1" the part before the version."""
    return mark.rpartition("/")[0] or mark if isinstance(mark, str) else mark


def _require_spelled(part: Part) -> None:
    """Refuses, of an object that was read, a field that its default would fill in, and a null for a field
    that is to be left out: there is one way to write a document."""
    for name, field in type(part).model_fields.items():
        if field.default is None:
            wrong = name in part.model_fields_set and getattr(part, name) is None
            why = "is null, where it should be left out"
        else:
            wrong, why = name not in part.model_fields_set, "is missing"
        if wrong:
            raise PydanticCustomError("spelling", "{name} {why}", {"name": field.alias or name, "why": why})


def first_reason(exc: ValidationError) -> str:
    """The first thing that is amiss, in words: the field's path and the rule, without the value."""
    error = exc.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(step)[:40] for step in error["loc"])
    match error["type"]:
        case "missing":
            return f"the field {path} is missing"
        case "extra_forbidden":
            return f"the field {path!r} is unknown"
    rule = error["msg"].removeprefix("Value error, ")
    return f"the field {path}: {rule[0].lower()}{rule[1:]}" if path else f"{rule[0].lower()}{rule[1:]}"
