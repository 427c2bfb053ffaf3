-- Units of marked goods by КИ, never with the tail: what jobs move of them (docs/marking.md). Kept for ever.
CREATE TABLE units (
    cis   TEXT NOT NULL,
    job   INTEGER NOT NULL,                        -- jobs.sequence; what came of the job is its state
    item  INTEGER NOT NULL,
    share TEXT NOT NULL,                           -- of the unit, "1" or "-1/2": above zero it leaves the shop
    moved INTEGER,                                 -- id of the event by which the job was done: the order of moves
    PRIMARY KEY (cis, job, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX units_job ON units (job);

-- The same of recovered documents, by what they call the unit: the text in tag 1163, or tag 1162 in hex.
CREATE TABLE recovered_units (
    form     TEXT NOT NULL,
    fn       TEXT NOT NULL,
    document INTEGER NOT NULL,
    sign     INTEGER NOT NULL,
    item     INTEGER NOT NULL,
    share    TEXT NOT NULL,
    moved    INTEGER NOT NULL,                     -- the newest event's id when the document was found
    PRIMARY KEY (form, fn, document, sign, item)
) STRICT, WITHOUT ROWID;
