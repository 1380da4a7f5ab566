"""The tables. The event log is the source; the derived tables can be emptied and made from it again.

Digests, hashes and addresses are 0x hex; times are seconds since 1970; a change here needs a migration
(`migrations/versions`), which a test compares with this file.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, MetaData, Table

from biodesci.store.engine import KEYED, TYPED, Amount, Whole, Words

REVISION: Final = "0002"  # the migration that makes what stands here
metadata = MetaData()


def _id() -> Column[int]:
    """A number that the chain gave."""
    return Column("id", Whole, primary_key=True, autoincrement=False)


def _key(name: str) -> Column[str]:
    return Column(name, Words, primary_key=True)


def _key_number(name: str) -> Column[int]:
    return Column(name, Whole, primary_key=True, autoincrement=False)


def _text(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Words, nullable=optional)


def _number(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, Whole, nullable=optional)


def _amount(name: str) -> Column[int]:
    return Column(name, Amount, nullable=False)


meta = Table("meta", metadata, _key("key"), _text("value"), **KEYED)

blocks = Table("blocks", metadata, _key_number("number"), _text("hash"), _number("time"), **TYPED)

events = Table(
    "events",
    metadata,
    _key_number("chain_id"),
    _key("block_hash"),
    _key_number("log_index"),
    _number("block_number"),
    _number("time"),
    _text("tx_hash"),
    _text("contract"),
    _text("name"),
    _text("kind"),  # what it is about: "dataset", "license", ..; "" for nothing of these
    _text("subject"),  # which one of its kind: a number, or an account's address
    _text("args"),  # JSON
    _text("accounts"),  # JSON: rows of index.accounts.Account
    Index("events_in_order", "block_number", "log_index"),
    Index("events_of_kind", "kind", "block_number", "log_index"),
    Index("events_of_subject", "kind", "subject", "block_number", "log_index"),
    **KEYED,
)

datasets = Table(
    "datasets",
    metadata,
    _id(),
    _text("owner"),
    _number("handovers"),  # how often it was transferred
    _number("latest_version"),
    _number("published_at"),
    _number("updated_at"),
    Index("datasets_of_owner", "owner", "id"),
    **TYPED,
)

versions = Table(
    "versions",
    metadata,
    _key_number("dataset_id"),
    _key_number("version"),
    _text("card"),
    _text("content_root"),
    _text("key_commitment"),
    _amount("terms"),  # a set of DUO terms
    _text("diseases", optional=True),
    _number("published_at"),
    _number("withdrawn_at", optional=True),
    _number("withdrawn_with", optional=True),  # the dataset whose withdrawal it was, if another's
    _number("block"),
    _text("tx_hash"),
    Index("versions_of_card", "card"),
    **KEYED,
)

parents = Table(
    "parents",
    metadata,
    _key_number("dataset_id"),
    _key_number("parent"),
    _key_number("version"),
    _number("proven"),  # 0: the publisher only says so
    Index("children", "parent"),
    **KEYED,
)

# What owners let others do. A handover ends all of before: those of now have the dataset's `handovers`.
roles = Table(
    "roles",
    metadata,
    _key_number("dataset_id"),
    _key_number("handovers"),
    _key_number("role"),
    _key("account"),
    _number("state"),  # 0 ended, 1 proposed, 2 accepted
    **KEYED,
)

offers = Table(
    "offers",
    metadata,
    _id(),
    _number("dataset_id"),
    _number("right"),
    _amount("price"),
    _text("currency"),
    _number("duration"),
    _number("uses"),
    _number("delivery_window"),
    _number("dispute_window"),
    _number("visas"),
    _number("pro_rata"),  # 0 or 1, as all that a row answers with yes or no
    _text("arbiter"),
    _number("open"),
    Index("offers_of_dataset", "dataset_id"),
    **TYPED,
)

# Of an ERC-20 what it says of itself; NULL: it says nothing that makes sense.
currencies = Table(
    "currencies",
    metadata,
    _key("address"),
    _text("symbol", optional=True),
    _number("decimals", optional=True),
    **KEYED,
)

licenses = Table(
    "licenses",
    metadata,
    _id(),
    _number("offer_id"),
    _number("dataset_id"),
    _number("version"),
    _text("licensee"),
    _text("arbiter"),  # of its offer
    _number("state"),
    _number("right"),
    _amount("price"),
    _amount("purpose"),  # a set of DUO terms
    _number("disease", optional=True),
    _text("statement", optional=True),
    _number("uses_left", optional=True),
    _amount("earned"),  # what owner and publisher were credited so far
    _number("purchased_at"),
    _number("delivered_at", optional=True),
    _number("deadline", optional=True),
    _number("expires_at", optional=True),
    _text("envelope", optional=True),
    _number("block"),
    _text("tx_hash"),
    Index("licenses_of_licensee", "licensee", "id"),
    Index("licenses_of_arbiter", "arbiter", "id"),
    Index("licenses_of_dataset", "dataset_id", "id"),
    **TYPED,
)

# When the first of the visas that were shown for a licence ends.
showings = Table("showings", metadata, _key_number("license_id"), _number("expires"), **TYPED)

# The visas that a licence rests on.
license_visas = Table(
    "license_visas",
    metadata,
    _key_number("license_id"),
    _key("visa_id"),  # VisaRegistry.idOf
    _number("revoked_at", optional=True),
    Index("licenses_of_visa", "visa_id"),
    **KEYED,
)

models = Table(
    "models",
    metadata,
    _id(),
    _text("owner"),
    _text("architecture"),
    _text("card"),
    _number("latest_version"),
    _number("registered_at"),
    **TYPED,
)

model_versions = Table(
    "model_versions",
    metadata,
    _key_number("model_id"),
    _key_number("version"),
    _text("weights_root"),
    _text("weights"),
    _number("round_id", optional=True),
    _number("published_at"),
    _number("block"),
    _text("tx_hash"),
    **KEYED,
)

codecs = Table(
    "codecs",
    metadata,
    _key_number("model_id"),
    _key("account"),
    _key_number("kind"),
    _text("envelope"),
    _number("block"),
    **KEYED,
)

rounds = Table(
    "rounds",
    metadata,
    _id(),
    _number("model_id"),
    _number("kind"),
    _number("state"),
    _text("plan"),
    _text("result", optional=True),
    _text("aggregator"),
    _number("base_version"),
    _number("version", optional=True),
    _number("min_nodes"),
    _number("enrol_by", optional=True),
    _number("commit_by", optional=True),
    _number("finalize_by", optional=True),
    _number("opened_at"),
    _number("closed_at", optional=True),
    Index("rounds_of_model", "model_id"),
    **TYPED,
)

enrolments = Table(
    "enrolments",
    metadata,
    _key_number("round_id"),
    _key("node"),
    _number("index"),
    _number("dataset_id"),
    _number("version"),
    _number("summed"),
    _text("commitment", optional=True),
    _number("enrolled_at"),
    _number("committed_at", optional=True),
    Index("enrolments_of_dataset", "dataset_id"),
    **KEYED,
)

inferences = Table(
    "inferences",
    metadata,
    _id(),
    _number("model_id"),
    _number("version"),
    _text("requester"),
    _text("worker"),
    _text("arbiter"),
    _amount("fee"),
    _number("state"),
    _number("challenge_window"),
    _number("deadline", optional=True),
    _text("input_commitment"),
    _text("input"),
    _text("output_commitment", optional=True),
    _text("output", optional=True),
    _number("requested_at"),
    _number("committed_at", optional=True),
    _number("block"),
    _text("tx_hash"),
    Index("inferences_of_model", "model_id", "id"),
    Index("inferences_of_requester", "requester", "id"),
    Index("inferences_of_worker", "worker", "id"),
    **TYPED,
)

attestations = Table(
    "attestations",
    metadata,
    _key_number("request_id"),
    _key_number("block"),
    _key_number("log_index"),
    _text("auditor"),
    _number("standing"),  # core.onchain.Standing, as the contract recorded it
    _number("passed"),
    _text("report"),
    _number("time"),
    _text("tx_hash"),
    **KEYED,
)

# Documents on IPFS are named by their digest: a reorg does not touch them.
documents = Table("documents", metadata, _key("digest"), _key("kind"), _text("body"), **KEYED)

# Of cards what lists show and what is searched, beside the cards: a scan doesn't read those.
summaries = Table(
    "summaries",
    metadata,
    _key("digest"),
    _key("kind"),
    _text("name", optional=True),
    _text("body"),
    **KEYED,
)

unreadable = Table(
    "unreadable",
    metadata,
    _key("digest"),
    _key("kind"),
    _text("reason"),
    _number("attempts"),
    _number("retry_at"),
    **KEYED,
)

DERIVED: Final = (
    datasets, versions, parents, roles, offers, currencies, licenses, showings, license_visas, models,
    model_versions, codecs, rounds, enrolments, inferences, attestations,
)  # fmt: skip
