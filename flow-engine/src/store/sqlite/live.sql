-- Schema 2: live jobs. The suffix is empty for a job that has none.

CREATE TABLE live_jobs (
    ordinal INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    project TEXT NOT NULL,
    flow TEXT NOT NULL,
    job TEXT NOT NULL,
    suffix TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE INDEX live_jobs_by_name ON live_jobs (project, flow, job, suffix);
CREATE INDEX live_jobs_by_age ON live_jobs (created_at);
