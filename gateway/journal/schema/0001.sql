-- Kept for ever: keys, content digests, fiscal data. Times are UTC, ISO 8601 with microseconds, so text order is time order.
CREATE TABLE jobs (
    sequence   INTEGER PRIMARY KEY,                -- order of acceptance; rows are never deleted, so never reused
    id         TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    register   TEXT NOT NULL,
    body       TEXT NOT NULL,                      -- canonical JSON
    digest     TEXT NOT NULL,                      -- hex SHA-256 of body
    order_id   TEXT,
    state      TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    intent     TEXT,                               -- what configuration filled in when the attempt began
    bookmark   TEXT,
    fiscal     TEXT,
    result     TEXT,
    warnings   TEXT,
    marking    TEXT,
    error      TEXT,
    emulated   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX jobs_unfinished ON jobs (register, sequence) WHERE state NOT IN ('done', 'failed', 'cancelled');
CREATE INDEX jobs_order ON jobs (order_id, sequence) WHERE order_id IS NOT NULL;
CREATE INDEX jobs_document ON jobs (json_extract(fiscal, '$.fn'), json_extract(fiscal, '$.document'))
    WHERE fiscal IS NOT NULL;

CREATE TABLE events (
    id       INTEGER PRIMARY KEY,                  -- resumed by Last-Event-ID; never reused, as above
    at       TEXT NOT NULL,
    type     TEXT NOT NULL,                        -- job | register
    subject  TEXT NOT NULL,                        -- job id or register name
    register TEXT NOT NULL,
    state    TEXT NOT NULL,
    data     TEXT NOT NULL                         -- JSON object
) STRICT;

CREATE TABLE tokens (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    scope      TEXT NOT NULL,
    digest     TEXT NOT NULL UNIQUE,               -- hex SHA-256 of the secret
    created_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT, WITHOUT ROWID;
