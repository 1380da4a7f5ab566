-- Offers in tokens, against visas, for diseases. Events are read anew, as the contracts' events changed.
DELETE FROM meta;
DELETE FROM blocks;
DELETE FROM events;
DELETE FROM datasets;
DELETE FROM parents;
DELETE FROM models;
DELETE FROM model_versions;
DELETE FROM codecs;
DELETE FROM rounds;
DELETE FROM enrolments;
DELETE FROM inferences;
DELETE FROM attestations;
DROP TABLE versions;
DROP TABLE offers;
DROP TABLE licenses;

CREATE TABLE versions (
  dataset_id INTEGER NOT NULL, version INTEGER NOT NULL, card TEXT NOT NULL, content_root TEXT NOT NULL,
  key_commitment TEXT NOT NULL, terms TEXT NOT NULL, diseases TEXT, published_at INTEGER NOT NULL,
  withdrawn_at INTEGER, block INTEGER NOT NULL, tx_hash TEXT NOT NULL, PRIMARY KEY (dataset_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE offers (
  id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL, "right" INTEGER NOT NULL, price TEXT NOT NULL,
  currency TEXT NOT NULL, duration INTEGER NOT NULL, uses INTEGER NOT NULL,
  delivery_window INTEGER NOT NULL, dispute_window INTEGER NOT NULL, visas INTEGER NOT NULL,
  pro_rata INTEGER NOT NULL, arbiter TEXT NOT NULL, open INTEGER NOT NULL
) STRICT;
CREATE INDEX offers_of_dataset ON offers (dataset_id);

-- Of an ERC-20 what it says of itself; NULL: it says nothing that makes sense.
CREATE TABLE currencies (
  address TEXT PRIMARY KEY, symbol TEXT, decimals INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE licenses (
  id INTEGER PRIMARY KEY, offer_id INTEGER NOT NULL, dataset_id INTEGER NOT NULL, version INTEGER NOT NULL,
  licensee TEXT NOT NULL, state INTEGER NOT NULL, "right" INTEGER NOT NULL, price TEXT NOT NULL,
  purpose TEXT NOT NULL, disease INTEGER, statement TEXT, uses_left INTEGER, purchased_at INTEGER NOT NULL,
  delivered_at INTEGER, deadline INTEGER, expires_at INTEGER, envelope TEXT, block INTEGER NOT NULL,
  tx_hash TEXT NOT NULL
) STRICT;
CREATE INDEX licenses_of_licensee ON licenses (licensee);
CREATE INDEX licenses_of_dataset ON licenses (dataset_id);

-- Licences whose visas an issuer took back, by the contract's word: events don't say which rests on which.
CREATE TABLE lapsed (license_id INTEGER PRIMARY KEY) STRICT;
