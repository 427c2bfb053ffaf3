-- Orders (docs/orders.md): each one's log, and what of it is looked for without folding the log.
CREATE TABLE orders (
    number     TEXT PRIMARY KEY,
    entries    INTEGER NOT NULL,                   -- length of its log
    state      TEXT NOT NULL,
    held       INTEGER NOT NULL,                   -- kopecks
    waiting    INTEGER NOT NULL,                   -- 1: a document is still to be registered
    stopped    INTEGER NOT NULL,                   -- 1: that document failed, a person must act
    moved_at   TEXT,                               -- when money or goods moved last
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_waiting ON orders (number) WHERE waiting = 1;
CREATE INDEX orders_held ON orders (moved_at) WHERE held > 0;

CREATE TABLE order_log (
    number TEXT NOT NULL,
    place  INTEGER NOT NULL,                       -- 1, 2, 3 … without a gap
    entry  TEXT NOT NULL,                          -- JSON: gateway/orders/log.py
    PRIMARY KEY (number, place)
) STRICT, WITHOUT ROWID;
