"""The tables. The event log is the source; the derived tables can be emptied and made from it again.

Digests, hashes and addresses are 0x hex; times are seconds since 1970; a change here needs a migration
(`migrations/versions`), which a test compares with this file.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, MetaData, Table

from biodesci.index.columns import amount, id_, key, key_number, number, words
from biodesci.store.engine import KEYED, TYPED

REVISION: Final = "0005"  # the migration that makes what stands here
metadata = MetaData()

meta = Table("meta", metadata, key("key"), words("value"), **KEYED)

# Where the reader stood, the last of them being where it stands; enough of them to find where a fork begins.
blocks = Table("blocks", metadata, key_number("number"), words("hash"), number("time"), **TYPED)

events = Table(
    "events",
    metadata,
    key_number("block_number"),
    key_number("log_index"),
    words("block_hash"),
    number("time"),
    words("tx_hash"),
    words("contract"),
    words("name"),
    words("kind"),  # what it is about: "dataset", "license", ..; "" for nothing of these
    words("subject"),  # which one of its kind: a number, or an account's address
    words("args"),  # JSON
    words("accounts"),  # JSON: rows of index.accounts.Account
    Index("events_of_kind", "kind", "block_number", "log_index"),
    Index("events_of_subject", "kind", "subject", "block_number", "log_index"),
    **KEYED,
)

# Logs that could not be applied, with the reason. They are tried again when what stands before them changes.
aside = Table(
    "aside",
    metadata,
    key_number("block_number"), key_number("log_index"),
    words("block_hash"), number("time"), words("tx_hash"), words("contract"),
    words("name"),  # "" for a log of a topic that the contract's ABI does not have
    words("args", optional=True),  # JSON; NULL where the log could not be decoded
    words("why"),
    **KEYED,
)  # fmt: skip

datasets = Table(
    "datasets",
    metadata,
    id_(),
    words("owner"),
    number("handovers"),  # how often it was transferred
    number("latest_version"),
    number("published_at"),
    number("updated_at"),
    Index("datasets_of_owner", "owner", "id"),
    **TYPED,
)

versions = Table(
    "versions",
    metadata,
    key_number("dataset_id"),
    key_number("version"),
    words("card"),
    words("content_root"),
    words("key_commitment"),
    amount("terms"),  # a set of DUO terms
    words("diseases", optional=True),
    number("published_at"),
    number("withdrawn_at", optional=True),
    number("withdrawn_with", optional=True),  # the dataset whose withdrawal it was, if another's
    number("block"),
    words("tx_hash"),
    Index("versions_of_card", "card"),
    **KEYED,
)

parents = Table(
    "parents",
    metadata,
    key_number("dataset_id"),
    key_number("parent"),
    key_number("version"),
    number("proven"),  # 0: the publisher only says so
    Index("children", "parent"),
    **KEYED,
)

# What owners let others do. A handover ends all of before: those of now have the dataset's `handovers`.
roles = Table(
    "roles",
    metadata,
    key_number("dataset_id"),
    key_number("handovers"),
    key_number("role"),
    key("account"),
    number("state"),  # 0 ended, 1 proposed, 2 accepted
    **KEYED,
)

offers = Table(
    "offers",
    metadata,
    id_(),
    number("dataset_id"),
    number("right"),
    amount("price"),
    words("currency"),
    number("duration"),
    number("uses"),
    number("delivery_window"),
    number("dispute_window"),
    number("visas"),
    number("pro_rata"),  # 0 or 1, as all that a row answers with yes or no
    words("arbiter"),
    number("open"),
    Index("offers_of_dataset", "dataset_id"),
    **TYPED,
)

licenses = Table(
    "licenses",
    metadata,
    id_(),
    number("offer_id"),
    number("dataset_id"),
    number("version"),
    words("licensee"),
    words("arbiter"),  # of its offer
    number("state"),
    number("right"),
    amount("price"),
    amount("purpose"),  # a set of DUO terms
    number("disease", optional=True),
    words("statement", optional=True),
    number("uses_left", optional=True),
    amount("earned"),  # what owner and publisher were credited so far
    number("purchased_at"),
    number("delivered_at", optional=True),
    number("deadline", optional=True),
    number("expires_at", optional=True),
    words("envelope", optional=True),
    number("block"),
    words("tx_hash"),
    Index("licenses_of_licensee", "licensee", "id"),
    Index("licenses_in_state", "state", "id"),
    Index("licenses_of_arbiter", "arbiter", "id"),
    Index("licenses_of_dataset", "dataset_id", "id"),
    **TYPED,
)

# When the first of the visas that were shown for a licence ends.
showings = Table("showings", metadata, key_number("license_id"), number("expires"), **TYPED)

# The visas that a licence rests on.
license_visas = Table(
    "license_visas",
    metadata,
    key_number("license_id"),
    key("visa_id"),  # VisaRegistry.idOf
    number("revoked_at", optional=True),
    Index("licenses_of_visa", "visa_id"),
    **KEYED,
)

models = Table(
    "models",
    metadata,
    id_(),
    words("owner"),
    words("architecture"),
    words("card"),
    number("latest_version"),
    number("registered_at"),
    **TYPED,
)

model_versions = Table(
    "model_versions",
    metadata,
    key_number("model_id"),
    key_number("version"),
    words("weights_root"),
    words("weights"),
    number("round_id", optional=True),
    number("published_at"),
    number("block"),
    words("tx_hash"),
    **KEYED,
)

codecs = Table(
    "codecs",
    metadata,
    key_number("model_id"), key("account"), key_number("kind"), words("envelope"), number("block"),
    **KEYED,
)  # fmt: skip

rounds = Table(
    "rounds",
    metadata,
    id_(),
    number("model_id"),
    number("kind"),
    number("state"),
    words("plan"),
    words("result", optional=True),
    words("aggregator"),
    number("base_version"),
    number("version", optional=True),
    number("min_nodes"),
    number("enrol_by", optional=True),
    number("commit_by", optional=True),
    number("finalize_by", optional=True),
    number("opened_at"),
    number("closed_at", optional=True),
    Index("rounds_of_model", "model_id"),
    **TYPED,
)

enrolments = Table(
    "enrolments",
    metadata,
    key_number("round_id"),
    key("node"),
    number("index"),
    number("dataset_id"),
    number("version"),
    number("summed"),
    words("commitment", optional=True),
    number("enrolled_at"),
    number("committed_at", optional=True),
    Index("enrolments_of_dataset", "dataset_id"),
    **KEYED,
)

inferences = Table(
    "inferences",
    metadata,
    id_(),
    number("model_id"),
    number("version"),
    words("requester"),
    words("worker"),
    words("arbiter"),
    amount("fee"),
    number("state"),
    number("challenge_window"),
    number("deadline", optional=True),
    words("input_commitment"),
    words("input"),
    words("output_commitment", optional=True),
    words("output", optional=True),
    number("requested_at"),
    number("committed_at", optional=True),
    number("block"),
    words("tx_hash"),
    Index("inferences_of_model", "model_id", "id"),
    Index("inferences_of_requester", "requester", "id"),
    Index("inferences_of_worker", "worker", "id"),
    **TYPED,
)

attestations = Table(
    "attestations",
    metadata,
    key_number("request_id"),
    key_number("block"),
    key_number("log_index"),
    words("auditor"),
    number("standing"),  # core.onchain.Standing, as the contract recorded it
    number("passed"),
    words("report"),
    number("time"),
    words("tx_hash"),
    **KEYED,
)

# Documents on IPFS are named by their digest: a reorg does not touch them.
documents = Table("documents", metadata, key("digest"), key("kind"), words("body"), **KEYED)

# Of cards what lists show and what is searched, beside the cards: a scan doesn't read those.
summaries = Table(
    "summaries",
    metadata,
    key("digest"),
    key("kind"),
    words("name", optional=True),
    words("body"),
    **KEYED,
)

# Documents that the chain names and that were not read yet; `reason` says why not, after the first attempt.
wanted = Table(
    "wanted",
    metadata,
    key("digest"),
    key("kind"),
    words("reason", optional=True),
    number("attempts"),
    number("retry_at"),
    Index("wanted_next", "retry_at", "kind", "digest"),
    **KEYED,
)

# Of ERC-20s that offers are made in, what they said of themselves at a block; NULL: nothing that makes sense.
# A token may say something else tomorrow, so no row that is derived from events rests on it.
tokens = Table(
    "tokens",
    metadata,
    key("address"),
    words("symbol", optional=True),
    number("decimals", optional=True),
    number("block", optional=True),  # NULL: not asked yet
    number("attempts"),
    number("retry_at", optional=True),  # NULL: it was asked
    Index("tokens_next", "retry_at"),
    **KEYED,
)

# What a rebuild makes the same: functions of the chain's logs alone.
DERIVED: Final = (
    datasets, versions, parents, roles, offers, licenses, showings, license_visas, models,
    model_versions, codecs, rounds, enrolments, inferences, attestations,
)  # fmt: skip
LOG: Final = (events, aside)
READING: Final = (meta, blocks)
BESIDE: Final = (documents, summaries, wanted, tokens)
