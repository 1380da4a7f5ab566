"""The tables that an index begins with."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint

from biodesci.store.engine import KEYED, TYPED, Amount, Whole, Words

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables and their indexes in an empty database."""
    op.create_table(
        "meta",
        Column("key", Words, nullable=False),
        Column("value", Words, nullable=False),
        PrimaryKeyConstraint("key"),
        **KEYED,
    )
    op.create_table(
        "blocks",
        Column("number", Whole, nullable=False, autoincrement=False),
        Column("hash", Words, nullable=False),
        Column("time", Whole, nullable=False),
        PrimaryKeyConstraint("number"),
        **TYPED,
    )
    op.create_table(
        "datasets",
        Column("id", Whole, nullable=False, autoincrement=False),
        Column("owner", Words, nullable=False),
        Column("handovers", Whole, nullable=False),
        Column("latest_version", Whole, nullable=False),
        Column("published_at", Whole, nullable=False),
        Column("updated_at", Whole, nullable=False),
        PrimaryKeyConstraint("id"),
        **TYPED,
    )
    op.create_table(
        "versions",
        Column("dataset_id", Whole, nullable=False, autoincrement=False),
        Column("version", Whole, nullable=False, autoincrement=False),
        Column("card", Words, nullable=False),
        Column("content_root", Words, nullable=False),
        Column("key_commitment", Words, nullable=False),
        Column("terms", Amount, nullable=False),
        Column("diseases", Words),
        Column("published_at", Whole, nullable=False),
        Column("withdrawn_at", Whole),
        Column("withdrawn_with", Whole),
        Column("block", Whole, nullable=False),
        Column("tx_hash", Words, nullable=False),
        PrimaryKeyConstraint("dataset_id", "version"),
        **KEYED,
    )
    op.create_table(
        "parents",
        Column("dataset_id", Whole, nullable=False, autoincrement=False),
        Column("parent", Whole, nullable=False, autoincrement=False),
        Column("version", Whole, nullable=False, autoincrement=False),
        Column("proven", Whole, nullable=False),
        PrimaryKeyConstraint("dataset_id", "parent", "version"),
        **KEYED,
    )
    op.create_index("children", "parents", ["parent"])
    op.create_table(
        "roles",
        Column("dataset_id", Whole, nullable=False, autoincrement=False),
        Column("handovers", Whole, nullable=False, autoincrement=False),
        Column("role", Whole, nullable=False, autoincrement=False),
        Column("account", Words, nullable=False),
        Column("state", Whole, nullable=False),
        PrimaryKeyConstraint("dataset_id", "handovers", "role", "account"),
        **KEYED,
    )
    op.create_table(
        "offers",
        Column("id", Whole, nullable=False, autoincrement=False),
        Column("dataset_id", Whole, nullable=False),
        Column("right", Whole, nullable=False),
        Column("price", Amount, nullable=False),
        Column("currency", Words, nullable=False),
        Column("duration", Whole, nullable=False),
        Column("uses", Whole, nullable=False),
        Column("delivery_window", Whole, nullable=False),
        Column("dispute_window", Whole, nullable=False),
        Column("visas", Whole, nullable=False),
        Column("pro_rata", Whole, nullable=False),
        Column("arbiter", Words, nullable=False),
        Column("open", Whole, nullable=False),
        PrimaryKeyConstraint("id"),
        **TYPED,
    )
    op.create_index("offers_of_dataset", "offers", ["dataset_id"])
    op.create_table(
        "licenses",
        Column("id", Whole, nullable=False, autoincrement=False),
        Column("offer_id", Whole, nullable=False),
        Column("dataset_id", Whole, nullable=False),
        Column("version", Whole, nullable=False),
        Column("licensee", Words, nullable=False),
        Column("arbiter", Words, nullable=False),
        Column("state", Whole, nullable=False),
        Column("right", Whole, nullable=False),
        Column("price", Amount, nullable=False),
        Column("purpose", Amount, nullable=False),
        Column("disease", Whole),
        Column("statement", Words),
        Column("uses_left", Whole),
        Column("earned", Amount, nullable=False),
        Column("purchased_at", Whole, nullable=False),
        Column("delivered_at", Whole),
        Column("deadline", Whole),
        Column("expires_at", Whole),
        Column("envelope", Words),
        Column("block", Whole, nullable=False),
        Column("tx_hash", Words, nullable=False),
        PrimaryKeyConstraint("id"),
        **TYPED,
    )
    op.create_index("licenses_of_arbiter", "licenses", ["arbiter"])
    op.create_index("licenses_of_dataset", "licenses", ["dataset_id"])
    op.create_index("licenses_of_licensee", "licenses", ["licensee"])
    op.create_table(
        "showings",
        Column("license_id", Whole, nullable=False, autoincrement=False),
        Column("expires", Whole, nullable=False),
        PrimaryKeyConstraint("license_id"),
        **TYPED,
    )
    op.create_table(
        "license_visas",
        Column("license_id", Whole, nullable=False, autoincrement=False),
        Column("visa_id", Words, nullable=False),
        Column("revoked_at", Whole),
        PrimaryKeyConstraint("license_id", "visa_id"),
        **KEYED,
    )
    op.create_index("licenses_of_visa", "license_visas", ["visa_id"])
    op.create_table(
        "models",
        Column("id", Whole, nullable=False, autoincrement=False),
        Column("owner", Words, nullable=False),
        Column("architecture", Words, nullable=False),
        Column("card", Words, nullable=False),
        Column("latest_version", Whole, nullable=False),
        Column("registered_at", Whole, nullable=False),
        PrimaryKeyConstraint("id"),
        **TYPED,
    )
    op.create_table(
        "model_versions",
        Column("model_id", Whole, nullable=False, autoincrement=False),
        Column("version", Whole, nullable=False, autoincrement=False),
        Column("weights_root", Words, nullable=False),
        Column("weights", Words, nullable=False),
        Column("round_id", Whole),
        Column("published_at", Whole, nullable=False),
        Column("block", Whole, nullable=False),
        Column("tx_hash", Words, nullable=False),
        PrimaryKeyConstraint("model_id", "version"),
        **KEYED,
    )
    op.create_table(
        "codecs",
        Column("model_id", Whole, nullable=False, autoincrement=False),
        Column("account", Words, nullable=False),
        Column("kind", Whole, nullable=False, autoincrement=False),
        Column("envelope", Words, nullable=False),
        Column("block", Whole, nullable=False),
        PrimaryKeyConstraint("model_id", "account", "kind"),
        **KEYED,
    )
    op.create_table(
        "rounds",
        Column("id", Whole, nullable=False, autoincrement=False),
        Column("model_id", Whole, nullable=False),
        Column("kind", Whole, nullable=False),
        Column("state", Whole, nullable=False),
        Column("plan", Words, nullable=False),
        Column("result", Words),
        Column("aggregator", Words, nullable=False),
        Column("base_version", Whole, nullable=False),
        Column("version", Whole),
        Column("min_nodes", Whole, nullable=False),
        Column("enrol_by", Whole),
        Column("commit_by", Whole),
        Column("finalize_by", Whole),
        Column("opened_at", Whole, nullable=False),
        Column("closed_at", Whole),
        PrimaryKeyConstraint("id"),
        **TYPED,
    )
    op.create_index("rounds_of_model", "rounds", ["model_id"])
    op.create_table(
        "enrolments",
        Column("round_id", Whole, nullable=False, autoincrement=False),
        Column("node", Words, nullable=False),
        Column("index", Whole, nullable=False),
        Column("dataset_id", Whole, nullable=False),
        Column("version", Whole, nullable=False),
        Column("summed", Whole, nullable=False),
        Column("commitment", Words),
        Column("enrolled_at", Whole, nullable=False),
        Column("committed_at", Whole),
        PrimaryKeyConstraint("round_id", "node"),
        **KEYED,
    )
    op.create_index("enrolments_of_dataset", "enrolments", ["dataset_id"])
    op.create_table(
        "inferences",
        Column("id", Whole, nullable=False, autoincrement=False),
        Column("model_id", Whole, nullable=False),
        Column("version", Whole, nullable=False),
        Column("requester", Words, nullable=False),
        Column("worker", Words, nullable=False),
        Column("arbiter", Words, nullable=False),
        Column("fee", Amount, nullable=False),
        Column("state", Whole, nullable=False),
        Column("challenge_window", Whole, nullable=False),
        Column("deadline", Whole),
        Column("input_commitment", Words, nullable=False),
        Column("input", Words, nullable=False),
        Column("output_commitment", Words),
        Column("output", Words),
        Column("requested_at", Whole, nullable=False),
        Column("committed_at", Whole),
        Column("block", Whole, nullable=False),
        Column("tx_hash", Words, nullable=False),
        PrimaryKeyConstraint("id"),
        **TYPED,
    )
    op.create_index("inferences_of_model", "inferences", ["model_id"])
    op.create_table(
        "attestations",
        Column("request_id", Whole, nullable=False, autoincrement=False),
        Column("block", Whole, nullable=False, autoincrement=False),
        Column("log_index", Whole, nullable=False, autoincrement=False),
        Column("auditor", Words, nullable=False),
        Column("standing", Whole, nullable=False),
        Column("passed", Whole, nullable=False),
        Column("report", Words, nullable=False),
        Column("time", Whole, nullable=False),
        Column("tx_hash", Words, nullable=False),
        PrimaryKeyConstraint("request_id", "block", "log_index"),
        **KEYED,
    )
    op.create_table(
        "documents",
        Column("digest", Words, nullable=False),
        Column("kind", Words, nullable=False),
        Column("body", Words, nullable=False),
        PrimaryKeyConstraint("digest", "kind"),
        **KEYED,
    )
    op.create_table(
        "summaries",
        Column("digest", Words, nullable=False),
        Column("kind", Words, nullable=False),
        Column("name", Words),
        Column("body", Words, nullable=False),
        Column("searched", Words, nullable=False),
        PrimaryKeyConstraint("digest", "kind"),
        **KEYED,
    )
    create_read_anew()


def create_read_anew() -> None:
    """The tables that version 0003 drops, and makes again on its way back."""
    op.create_table(
        "events",
        Column("chain_id", Whole, nullable=False, autoincrement=False),
        Column("block_hash", Words, nullable=False),
        Column("log_index", Whole, nullable=False, autoincrement=False),
        Column("block_number", Whole, nullable=False),
        Column("time", Whole, nullable=False),
        Column("tx_hash", Words, nullable=False),
        Column("contract", Words, nullable=False),
        Column("name", Words, nullable=False),
        Column("kind", Words, nullable=False),
        Column("subject", Words, nullable=False),
        Column("args", Words, nullable=False),
        Column("accounts", Words, nullable=False),
        PrimaryKeyConstraint("chain_id", "block_hash", "log_index"),
        **KEYED,
    )
    op.create_index("events_in_order", "events", ["block_number", "log_index"])
    op.create_index("events_of_kind", "events", ["kind", "block_number", "log_index"])
    op.create_index("events_of_subject", "events", ["kind", "subject", "block_number", "log_index"])
    op.create_table(
        "currencies",
        Column("address", Words, nullable=False),
        Column("symbol", Words),
        Column("decimals", Whole),
        PrimaryKeyConstraint("address"),
        **KEYED,
    )
    op.create_table(
        "unreadable",
        Column("digest", Words, nullable=False),
        Column("kind", Words, nullable=False),
        Column("reason", Words, nullable=False),
        Column("attempts", Whole, nullable=False),
        Column("retry_at", Whole, nullable=False),
        PrimaryKeyConstraint("digest", "kind"),
        **KEYED,
    )


def downgrade() -> None:
    """Drop all of it."""
    for name in (
        "meta",
        "blocks",
        "events",
        "datasets",
        "versions",
        "parents",
        "roles",
        "offers",
        "currencies",
        "licenses",
        "showings",
        "license_visas",
        "models",
        "model_versions",
        "codecs",
        "rounds",
        "enrolments",
        "inferences",
        "attestations",
        "documents",
        "summaries",
        "unreadable",
    ):
        op.drop_table(name)
