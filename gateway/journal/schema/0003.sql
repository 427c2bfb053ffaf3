-- What permit mode said of a marked line, and what was asked and answered (docs/permit.md).
CREATE TABLE verdicts (
    id       INTEGER PRIMARY KEY,                  -- never reused: the newest row stays
    at       TEXT NOT NULL,
    register TEXT NOT NULL,
    fn       TEXT NOT NULL,
    job_id   TEXT,                                 -- NULL: asked by itself, without a receipt
    item     INTEGER NOT NULL,
    cis      TEXT NOT NULL,
    allowed  INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    source   TEXT NOT NULL,                        -- cdn | local | piot | none
    value    TEXT,                                 -- tag 1265
    detail   TEXT NOT NULL,
    request  TEXT NOT NULL,
    answer   TEXT NOT NULL
) STRICT;

CREATE INDEX verdicts_job ON verdicts (job_id) WHERE job_id IS NOT NULL;
