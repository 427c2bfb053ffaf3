-- Bytes exchanged with the registers; a database of its own because it may be lost.
CREATE TABLE traces (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TEXT NOT NULL,
    register  TEXT NOT NULL,
    job_id    TEXT,
    direction TEXT NOT NULL,                       -- > to the register, < from it, ! a remark
    data      BLOB NOT NULL
) STRICT;

CREATE INDEX traces_job ON traces (job_id, id) WHERE job_id IS NOT NULL;
