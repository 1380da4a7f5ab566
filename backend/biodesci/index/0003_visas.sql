-- Which visas a licence rests on, and whether one was taken back, by the events. They are read anew.
DELETE FROM meta;
DELETE FROM blocks;
DELETE FROM events;
DELETE FROM datasets;
DELETE FROM versions;
DELETE FROM parents;
DELETE FROM offers;
DELETE FROM currencies;
DELETE FROM licenses;
DELETE FROM models;
DELETE FROM model_versions;
DELETE FROM codecs;
DELETE FROM rounds;
DELETE FROM enrolments;
DELETE FROM inferences;
DELETE FROM attestations;
DROP TABLE lapsed;

CREATE TABLE license_visas (
  license_id INTEGER NOT NULL, visa_id TEXT NOT NULL,  -- VisaRegistry.idOf
  expires INTEGER NOT NULL,  -- the first of those that were shown together
  revoked INTEGER NOT NULL, PRIMARY KEY (license_id, visa_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX licenses_of_visa ON license_visas (visa_id);
