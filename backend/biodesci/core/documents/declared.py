"""What a buyer declares beside an order: a research statement, and the proof of a disease."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from biodesci.core import commitment
from biodesci.core.documents.base import Document
from biodesci.core.documents.values import Bytes32, Disease, Version1
from biodesci.core.errors import IntegrityError

LONGEST_STATEMENT: Final = 1 << 20  # bytes of its text
_DEEPEST: Final = 32  # steps of a proof: a tree of all numbers of 32 bits


class Statement(Document):
    """A research statement with the salt that its hash on chain was made with. It stays with the buyer, who
    shows it to a committee."""

    title: ClassVar = "research statement"
    remedy: ClassVar = "A committee may ask for it: restore it from a copy, or move it away."
    limit: ClassVar = 8 << 20  # each byte of the text may take six in JSON
    readable: ClassVar = True
    refusal: ClassVar = IntegrityError

    kind: Literal["biodesci/statement"] = "biodesci/statement"
    version: Version1 = 1
    text: str
    salt: Bytes32
    hash: Bytes32

    @model_validator(mode="after")
    def _opens_its_hash(self) -> Self:
        if commitment.statement(self.salt, self.text) != self.hash:
            raise ValueError("text and salt do not give its hash")
        return self


class DiseaseProof(Document):
    """That a dataset's terms permit a disease: the path from its leaf to the root that is on chain."""

    title: ClassVar = "disease proof"
    remedy: ClassVar = "Make it again: biodesci dataset prove ID DISEASE --mondo FILE --output FILE."
    limit: ClassVar = 16 << 10
    readable: ClassVar = True

    disease: Disease
    proof: Annotated[tuple[Bytes32, ...], Field(max_length=_DEEPEST)]
