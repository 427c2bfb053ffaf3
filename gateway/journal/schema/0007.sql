-- What only one order may have (gateway/orders/claims.py), worked out from the logs: units that it has picked or sold,
-- by КИ, never with the tail, and the documents that banks' tills issued for it.
CREATE TABLE order_units (
    unit   TEXT NOT NULL,
    number TEXT NOT NULL,                          -- the order's
    PRIMARY KEY (unit, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_units_number ON order_units (number);

CREATE TABLE order_documents (
    fn       TEXT NOT NULL,
    document INTEGER NOT NULL,
    number   TEXT NOT NULL,
    receipt  TEXT NOT NULL,                        -- the document's id in its order
    PRIMARY KEY (fn, document)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_documents_number ON order_documents (number);
