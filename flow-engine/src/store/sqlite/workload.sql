-- Schema 3: bakes and live jobs in one list, beside the columns that it is filtered and sorted by.
-- `subject` is the last attempt or the live job; `words` is what a text is looked for in, in lower case.

CREATE TABLE workloads (
    ordinal INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    subject TEXT NOT NULL,
    flow TEXT NOT NULL,
    name TEXT,
    by TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    words TEXT NOT NULL,
    UNIQUE (kind, id)
) STRICT;
CREATE INDEX workloads_by_start ON workloads (started_at, created_at);
CREATE INDEX workloads_of_flow ON workloads (flow, started_at);
CREATE INDEX workloads_of_user ON workloads (by, started_at);
CREATE INDEX workloads_by_status ON workloads (status, started_at);

CREATE TABLE workload_tags (
    tag TEXT NOT NULL,
    workload INTEGER NOT NULL,
    PRIMARY KEY (tag, workload)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_of_workload ON workload_tags (workload);

-- What cached results were used for.
CREATE INDEX tasks_by_cache_key ON tasks (json_extract(doc, '$.cache_key')) WHERE status = 'cached';
