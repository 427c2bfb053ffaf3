-- Orders whose logs prove themselves, and what their keepers look for without folding a log. No release had orders
-- before, so there is nothing to bring over.
DROP TABLE orders;
DROP TABLE order_log;

CREATE TABLE orders (
    number      TEXT PRIMARY KEY,
    entries     INTEGER NOT NULL,                  -- length of its log
    state       TEXT NOT NULL,
    held        INTEGER NOT NULL,                  -- kopecks
    debt        INTEGER NOT NULL,                  -- kopecks
    waits_since TEXT,                              -- when the oldest event with a document to come was accepted
    next        TEXT,                              -- the job that this document is to be; NULL: none, or the bank's
    stopped     INTEGER NOT NULL,                  -- 1: that document failed, a person must act
    moved_at    TEXT,                              -- when money or goods moved last
    updated_at  TEXT NOT NULL,
    alarms      TEXT NOT NULL DEFAULT ''           -- codes told as begun and not as over, between spaces
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_waiting ON orders (waits_since) WHERE waits_since IS NOT NULL;
CREATE INDEX orders_held ON orders (moved_at, held) WHERE held > 0;
CREATE INDEX orders_alarmed ON orders (alarms) WHERE alarms <> '';
CREATE INDEX orders_over ON orders (updated_at) WHERE waits_since IS NULL AND held = 0 AND debt = 0;

CREATE TABLE order_log (
    number TEXT NOT NULL,
    place  INTEGER NOT NULL,                       -- 1, 2, 3 … without a gap
    entry  TEXT NOT NULL,                          -- JSON: gateway/orders/log.py
    digest TEXT NOT NULL,                          -- hex SHA-256 of the digest before it (the number) and the entry
    PRIMARY KEY (number, place)
) STRICT, WITHOUT ROWID;
