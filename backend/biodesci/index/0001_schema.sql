-- The event log is the source; every other table is derived from it and can be dropped and replayed.
-- uint256 and wei are TEXT (decimal); digests, hashes and addresses are 0x hex; times are seconds since 1970.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
  number INTEGER PRIMARY KEY,
  hash   TEXT NOT NULL,
  time   INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  chain_id     INTEGER NOT NULL,
  block_hash   TEXT NOT NULL,
  log_index    INTEGER NOT NULL,
  block_number INTEGER NOT NULL,
  time         INTEGER NOT NULL,
  tx_hash      TEXT NOT NULL,
  contract     TEXT NOT NULL,
  name         TEXT NOT NULL,
  subject      TEXT NOT NULL,  -- what it is about, "dataset:7"; for timelines
  args         TEXT NOT NULL,
  PRIMARY KEY (chain_id, block_hash, log_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_in_order ON events (block_number, log_index);
CREATE INDEX events_of_subject ON events (subject, block_number, log_index);

CREATE TABLE datasets (
  id INTEGER PRIMARY KEY, owner TEXT NOT NULL, custodian TEXT, latest_version INTEGER NOT NULL,
  published_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE versions (
  dataset_id INTEGER NOT NULL, version INTEGER NOT NULL, card TEXT NOT NULL, content_root TEXT NOT NULL,
  key_commitment TEXT NOT NULL, terms TEXT NOT NULL, published_at INTEGER NOT NULL, withdrawn_at INTEGER,
  block INTEGER NOT NULL, tx_hash TEXT NOT NULL, PRIMARY KEY (dataset_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE parents (
  dataset_id INTEGER NOT NULL, parent INTEGER NOT NULL, PRIMARY KEY (dataset_id, parent)
) STRICT, WITHOUT ROWID;
CREATE INDEX children ON parents (parent);

CREATE TABLE offers (
  id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL, "right" INTEGER NOT NULL, price TEXT NOT NULL,
  duration INTEGER NOT NULL, uses INTEGER NOT NULL, delivery_window INTEGER NOT NULL,
  dispute_window INTEGER NOT NULL, arbiter TEXT NOT NULL, open INTEGER NOT NULL
) STRICT;
CREATE INDEX offers_of_dataset ON offers (dataset_id);

CREATE TABLE licenses (
  id INTEGER PRIMARY KEY, offer_id INTEGER NOT NULL, dataset_id INTEGER NOT NULL, version INTEGER NOT NULL,
  licensee TEXT NOT NULL, state INTEGER NOT NULL, "right" INTEGER NOT NULL, price TEXT NOT NULL,
  purpose TEXT NOT NULL, uses_left INTEGER, purchased_at INTEGER NOT NULL, delivered_at INTEGER,
  deadline INTEGER, expires_at INTEGER, envelope TEXT, block INTEGER NOT NULL, tx_hash TEXT NOT NULL
) STRICT;
CREATE INDEX licenses_of_licensee ON licenses (licensee);
CREATE INDEX licenses_of_dataset ON licenses (dataset_id);

CREATE TABLE models (
  id INTEGER PRIMARY KEY, owner TEXT NOT NULL, architecture TEXT NOT NULL, card TEXT NOT NULL,
  latest_version INTEGER NOT NULL, registered_at INTEGER NOT NULL
) STRICT;

CREATE TABLE model_versions (
  model_id INTEGER NOT NULL, version INTEGER NOT NULL, weights_root TEXT NOT NULL, weights TEXT NOT NULL,
  round_id INTEGER, published_at INTEGER NOT NULL, block INTEGER NOT NULL, tx_hash TEXT NOT NULL,
  PRIMARY KEY (model_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE codecs (
  model_id INTEGER NOT NULL, account TEXT NOT NULL, kind INTEGER NOT NULL, envelope TEXT NOT NULL,
  block INTEGER NOT NULL, PRIMARY KEY (model_id, account, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE rounds (
  id INTEGER PRIMARY KEY, model_id INTEGER NOT NULL, kind INTEGER NOT NULL, state INTEGER NOT NULL,
  plan TEXT NOT NULL, result TEXT, aggregator TEXT NOT NULL, base_version INTEGER NOT NULL, version INTEGER,
  min_nodes INTEGER NOT NULL, enrol_by INTEGER, commit_by INTEGER, finalize_by INTEGER,
  opened_at INTEGER NOT NULL, closed_at INTEGER
) STRICT;
CREATE INDEX rounds_of_model ON rounds (model_id);

CREATE TABLE enrolments (
  round_id INTEGER NOT NULL, node TEXT NOT NULL, "index" INTEGER NOT NULL, dataset_id INTEGER NOT NULL,
  commitment TEXT, enrolled_at INTEGER NOT NULL, committed_at INTEGER, PRIMARY KEY (round_id, node)
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolments_of_dataset ON enrolments (dataset_id);

CREATE TABLE inferences (
  id INTEGER PRIMARY KEY, model_id INTEGER NOT NULL, version INTEGER NOT NULL, requester TEXT NOT NULL,
  worker TEXT NOT NULL, arbiter TEXT NOT NULL, fee TEXT NOT NULL, state INTEGER NOT NULL,
  challenge_window INTEGER NOT NULL, deadline INTEGER, input_commitment TEXT NOT NULL, input TEXT NOT NULL,
  output_commitment TEXT, output TEXT, requested_at INTEGER NOT NULL, committed_at INTEGER,
  block INTEGER NOT NULL, tx_hash TEXT NOT NULL
) STRICT;
CREATE INDEX inferences_of_model ON inferences (model_id);

CREATE TABLE attestations (
  request_id INTEGER NOT NULL, auditor TEXT NOT NULL, passed INTEGER NOT NULL, report TEXT NOT NULL,
  block INTEGER NOT NULL, log_index INTEGER NOT NULL, time INTEGER NOT NULL, tx_hash TEXT NOT NULL,
  PRIMARY KEY (request_id, block, log_index)
) STRICT, WITHOUT ROWID;

-- Documents on IPFS are named by their digest: a reorg does not touch them.
CREATE TABLE documents (
  digest TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (digest, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE unreadable (
  digest TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL,
  retry_at INTEGER NOT NULL, PRIMARY KEY (digest, kind)
) STRICT, WITHOUT ROWID;
