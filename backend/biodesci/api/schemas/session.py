"""Signing in, and what waits for the account that did."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from biodesci.api.schemas.licenses import License
from biodesci.api.schemas.values import Schema


class MessageRequest(Schema):
    """Who wants to sign in."""

    account: str = Field(pattern=r"^0x[0-9a-fA-F]{40}$", examples=["0x" + "a1" * 20])


class SignInMessage(Schema):
    """What its wallet signs (EIP-4361, `personal_sign`), unchanged."""

    message: str = Field(examples=["data.example.org wants you to sign in with your Ethereum account:\n..."])


class SignedMessage(Schema):
    """The message with the account's signature."""

    # As long as a server with the longest name makes it; with every character in twelve bytes (JSON may write
    # one so) it is no body that is too large for the API.
    message: str = Field(max_length=1_000)
    signature: str = Field(pattern=r"^0x([0-9a-fA-F]{2}){1,2048}$", examples=["0x" + "11" * 65])


class Session(Schema):
    """Who has signed in; nothing is said of anybody else."""

    account: str | None = Field(description="null: nobody")
    expires_at: datetime | None


class Queue(Schema):
    """Licences that wait for the account that has signed in, the oldest first, 100 of each kind at most."""

    account: str
    review: list[License] = Field(description="to approve or reject, of its datasets")
    deliveries: list[License] = Field(description="bought, whose keys are not delivered, of its datasets")
    disputes: list[License] = Field(description="to decide, as their arbiter")
    as_of: int
