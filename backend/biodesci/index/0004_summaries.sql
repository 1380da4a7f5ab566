-- Of cards what lists show and what is searched, beside the cards: a scan doesn't read those.
CREATE TABLE summaries (
  digest TEXT NOT NULL, kind TEXT NOT NULL, name TEXT, body TEXT NOT NULL,
  searched TEXT NOT NULL,  -- folded
  PRIMARY KEY (digest, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO summaries
SELECT digest, kind, summary_part(body, 0), summary_part(body, 1), summary_part(body, 2) FROM documents
WHERE kind IN ('card', 'model');
