-- Schema 1: the events, and what is folded from them.
-- Records are JSON documents beside the columns that they are looked up by.
-- Times are milliseconds since 1970 in UTC. A subject is written `attempt/<id>` or `live/<id>`.

CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    UNIQUE (subject, seq)
) STRICT;
-- An index ends with the position, so this is also the order in which a subject is read.
CREATE INDEX events_of_subject ON events (subject);

-- Specs and sources, each kept once.
CREATE TABLE texts (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;

-- The key is the project's id in the files.
CREATE TABLE projects (key TEXT PRIMARY KEY, id TEXT NOT NULL) STRICT;

CREATE TABLE bakes (
    ordinal INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    project TEXT NOT NULL,
    name TEXT,
    created_at INTEGER NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE INDEX bakes_by_age ON bakes (created_at);

CREATE TABLE attempts (
    id TEXT PRIMARY KEY,
    bake TEXT NOT NULL,
    number INTEGER NOT NULL,
    status TEXT NOT NULL,
    doc TEXT NOT NULL,
    UNIQUE (bake, number)
) STRICT;

-- The ordinal is the graph order within an attempt. The full id is the JSON list of its parts.
CREATE TABLE tasks (
    ordinal INTEGER PRIMARY KEY,
    attempt TEXT NOT NULL,
    full_id TEXT NOT NULL,
    status TEXT NOT NULL,
    doc TEXT NOT NULL,
    UNIQUE (attempt, full_id)
) STRICT;
CREATE INDEX tasks_of_attempt ON tasks (attempt);

-- Only the newest result of a key is kept: no older one can be asked for.
CREATE TABLE cache_entries (
    project TEXT NOT NULL,
    batch TEXT NOT NULL,
    task TEXT NOT NULL,
    key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (project, batch, task, key)
) STRICT;

CREATE TABLE claims (
    subject TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    owner TEXT,
    until INTEGER NOT NULL
) STRICT;

CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    kind TEXT NOT NULL
) STRICT;
CREATE INDEX requests_of_subject ON requests (subject);
