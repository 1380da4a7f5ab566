"""Brokers, made by other people's code (joserfc): their keys, passports and visas."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from biodesci.core.documents.passport import IssuerTrust
from biodesci.passports.keys import BrokerKeys

BONA_FIDE = "https://doi.org/10.1038/s41431-018-0219-y"
GRANTED = "https://ega.example/datasets/EGAD1"
URL = "https://visas.example.org"
HOUR = 3600


class Broker:
    """An OpenID provider that issues passports and visas."""

    def __init__(self, issuer: str, algorithm: str = "RS256") -> None:
        self.issuer, self.algorithm = issuer, algorithm
        made = {"kid": f"key of {issuer}", "use": "sig"}
        self.key = (
            RSAKey.generate_key(2048, made) if algorithm == "RS256" else ECKey.generate_key("P-256", made)
        )
        self.source = f"{issuer}/source"

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    def sign(self, claims: dict[str, Any], *, header: dict[str, Any] | None = None, key: Any = None) -> str:
        now = int(time.time())
        said = {"iss": self.issuer, "sub": "researcher", "iat": now - 60, "exp": now + HOUR, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        top = {"typ": "JWT", "alg": self.algorithm, "kid": self.key.kid, **(header or {})}
        top = {name: value for name, value in top.items() if value is not None}
        algorithms = ["RS256", "ES256", "HS256", "none", "RS512"]
        return jwt.encode(top, said, key or self.key, algorithms=algorithms)

    def visa(
        self, type_: str = "ResearcherStatus", claims: dict[str, Any] | None = None, **fields: Any
    ) -> str:
        said = {
            "type": type_,
            "asserted": int(time.time()) - HOUR,
            "value": BONA_FIDE,
            "source": self.source,
            "by": "so",
            **fields,
        }
        return self.sign(
            {
                "ga4gh_visa_v1": {name: value for name, value in said.items() if value is not None},
                **(claims or {}),
            }
        )

    def passport(self, *visas: str, **claims: Any) -> str:
        return self.sign({"ga4gh_passport_v1": list(visas), **claims})


def trust_in(*brokers: Broker, **changes: Any) -> IssuerTrust:
    rules = [
        {"type": "ResearcherStatus", "values": [BONA_FIDE], "by": ["so", "system"]},
        {"type": "AcceptedTermsAndPolicies", "values": [BONA_FIDE], "by": ["self", "so"]},
    ]
    document = {
        "format": "biodesci-issuer/1",
        "url": URL,
        "brokers": [
            {"issuer": one.issuer, "jwks": f"{index}.json", "sources": [one.source]}
            for index, one in enumerate(brokers)
        ],
        "rules": rules,
        **changes,
    }
    return IssuerTrust.parse(json.dumps(document).encode())


@pytest.fixture(scope="session")
def broker() -> Broker:
    return Broker("https://broker.example")


@pytest.fixture(scope="session")
def second() -> Broker:
    return Broker("https://other.example", "ES256")


@pytest.fixture(scope="session")
def stranger() -> Broker:
    return Broker("https://stranger.example")


@pytest.fixture
def trust(broker, second) -> IssuerTrust:
    return trust_in(broker, second)


@pytest.fixture
def keys(broker, second, tmp_path) -> BrokerKeys:
    for index, one in enumerate((broker, second)):
        (tmp_path / f"{index}.json").write_text(json.dumps(one.jwks()))
    return BrokerKeys(tmp_path)
