-- What the fiscal drives hold that no job owns, and what this journal is known to have lost (docs/journal.md).
CREATE TABLE recovered (
    fn        TEXT NOT NULL,
    document  INTEGER NOT NULL,
    sign      INTEGER NOT NULL,
    register  TEXT NOT NULL,
    operation TEXT,
    total     INTEGER,                             -- kopecks
    fiscal    TEXT NOT NULL,                       -- as jobs.fiscal
    tlv       BLOB NOT NULL,                       -- without the outer tag; empty where it cannot be read back
    cause     TEXT NOT NULL,                       -- lost | unwatched
    found_at  TEXT NOT NULL,
    job_id    TEXT,                                -- the job that turned out to own it
    PRIMARY KEY (fn, document, sign)
) STRICT, WITHOUT ROWID;

-- A person stated that nothing found up to this moment is this job's document.
CREATE TABLE denied (
    job_id TEXT PRIMARY KEY,
    at     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE drives (
    fn       TEXT PRIMARY KEY,
    register TEXT NOT NULL,
    reviewed INTEGER NOT NULL,                     -- every document up to this number is a job's, recovered or foreign
    loss     INTEGER NOT NULL DEFAULT 0            -- the newest of `losses` that its review took into account
) STRICT, WITHOUT ROWID;

CREATE TABLE losses (
    id     INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    cause  TEXT NOT NULL,                          -- damaged | missing | restored
    report TEXT NOT NULL                           -- JSON object
) STRICT;

CREATE TABLE facts (
    name  TEXT PRIMARY KEY,                        -- backup_made_at | forgotten_to
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What jobs are looked for by (gateway/journal/finding.py); each ends in the sequence by itself.
CREATE INDEX jobs_state ON jobs (state);
CREATE INDEX jobs_register ON jobs (register);
CREATE INDEX jobs_created ON jobs (created_at);
