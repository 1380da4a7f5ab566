"""The service itself: problems, health, readiness, configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from biodesci.api.schemas.values import Schema


class Problem(Schema):
    """Problem document (RFC 9457), sent as application/problem+json."""

    type: str = Field(examples=["/problems/not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no dataset 7 in the index as of block 42."])
    instance: str = Field(examples=["/v1/datasets/7"])
    hint: str = Field(examples=["List what there is with GET /v1/datasets."])


class Health(Schema):
    """That the process runs, and its version."""

    status: Literal["ok"]
    version: str


class Check(Schema):
    """One thing that the service needs, whether it can be used, and why not."""

    name: str = Field(examples=["chain"])
    ok: bool
    message: str


class Readiness(Schema):
    """Whether all that the service needs can be used, as of the last block in the index."""

    ready: bool
    checks: list[Check]
    as_of: int


class Config(Schema):
    """What a wallet and a browser need to know."""

    version: str
    network: str = Field(examples=["local"])
    chain_id: int = Field(examples=[31337])
    rpc_url: str | None = Field(
        examples=["http://127.0.0.1:8545"],
        description="of a node of the chain for everybody; null: read through the visitor's wallet",
    )
    ipfs_gateway_url: str = Field(examples=["http://127.0.0.1:8080"])
    visa_issuers: list[str] = Field(
        examples=[["https://visas.example.org"]],
        description="addresses of issuers that make visas of GA4GH passports",
    )
    contracts: dict[str, str] = Field(
        examples=[{"DatasetNFT": "0x5FbDB2315678afecb367f032d93F642f64180aa3"}],
        description="address by name of the eight contracts",
    )
    deployment_block: int
    as_of: int
