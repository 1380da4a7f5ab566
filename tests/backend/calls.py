"""Calls of the contracts that name what they are for besides a number, by what the chain says now."""

from __future__ import annotations

from web3.contract.contract import ContractFunction

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, Request, Round
from biodesci.market.license import get


def deliver(chain: Chain, license_id: int, envelope: bytes) -> ContractFunction:
    licence, commitments = get(chain, license_id), _data(chain, license_id)
    return chain.licenses.functions.deliver(license_id, envelope, commitments, licence.licensee)


def redeliver(chain: Chain, license_id: int, envelope: bytes) -> ContractFunction:
    licence, commitments = get(chain, license_id), _data(chain, license_id)
    return chain.licenses.functions.redeliver(license_id, envelope, commitments, licence.licensee)


def approve(chain: Chain, license_id: int) -> ContractFunction:
    licence = get(chain, license_id)
    return chain.licenses.functions.approve(license_id, licence.licensee, licence.deadline)


def resolve(chain: Chain, license_id: int, *, pay_owner: bool) -> ContractFunction:
    licence = get(chain, license_id)
    return chain.licenses.functions.resolve(license_id, pay_owner, licence.licensee, licence.deadline)


def revoke(chain: Chain, license_id: int, reason: bytes) -> ContractFunction:
    return chain.licenses.functions.revoke(license_id, reason, get(chain, license_id).licensee)


def close(chain: Chain, round_id: int, places: int) -> ContractFunction:
    return chain.models.functions.closeCommits(round_id, chain.read(Round, round_id).dealt, places)


def attest(chain: Chain, request_id: int, report: bytes, *, passed: bool) -> ContractFunction:
    answer = chain.read(Request, request_id).output_commitment
    return chain.inferences.functions.attestAudit(request_id, passed, report, answer)


def _data(chain: Chain, license_id: int) -> bytes:
    licence = get(chain, license_id)
    return chain.read(DatasetVersion, licence.dataset_id, licence.version).commitments
