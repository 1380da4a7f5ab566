"""A secret that lives as long as one copy is made: with it gone, nobody undoes pseudonyms or shifts."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Final

from cryptography.hazmat.primitives import hashes, hmac

_LEAST, _MOST = 30, 365  # days by which a person's dates are moved, forth or back
_KEY: Final = 32  # bytes


class Secret:
    """Keyed hashes (HMAC-SHA256) of ids and persons. The key is kept nowhere."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(_KEY)

    def pseudonym(self, value: str) -> str:
        """The same for the same value within this copy: p and 16 hexadecimal digits."""
        return f"p{self._digest('id', value)[:8].hex()}"

    def number(self, value: str) -> str:
        """As `pseudonym`, for ids that have to be whole numbers: of 62 bits, in decimal digits."""
        return str(int.from_bytes(self._digest("number", value)[:8], "big") >> 2)

    def uuid(self, value: str) -> str:
        """As `pseudonym`, in the form of a UUID."""
        raw = self._digest("uuid", value)[:16].hex()
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-8{raw[17:20]}-{raw[20:]}"

    def uid(self, value: str) -> str:
        """A DICOM UID of the form 2.25.N (PS3.5 B.2) in place of another."""
        return f"2.25.{int.from_bytes(self._digest('uid', value)[:15], 'big')}"

    def days(self, person: str) -> int:
        """By how many days a person's dates are moved: 30 to 365, forth or back."""
        number = int.from_bytes(self._digest("days", person)[:8], "big")
        days = _LEAST + number // 2 % (_MOST - _LEAST + 1)
        return days if number % 2 else -days

    def moved(self, day: date, person: str) -> date:
        """The person's day, moved. Days at the ends of the calendar stay in it."""
        try:
            return day + timedelta(days=self.days(person))
        except OverflowError:
            return day - timedelta(days=self.days(person))

    def _digest(self, purpose: str, value: str) -> bytes:
        mac = hmac.HMAC(self._key, hashes.SHA256())
        mac.update(f"{purpose}\0{value}".encode("utf-8", "surrogatepass"))
        return mac.finalize()
