-- A store as the first schema left it, with one bake in it. Never changed: newer versions must read it.


CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    UNIQUE (subject, seq)
) STRICT;
CREATE INDEX events_of_subject ON events (subject);

CREATE TABLE texts (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;

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

CREATE TABLE tasks (
    ordinal INTEGER PRIMARY KEY,
    attempt TEXT NOT NULL,
    full_id TEXT NOT NULL,
    status TEXT NOT NULL,
    doc TEXT NOT NULL,
    UNIQUE (attempt, full_id)
) STRICT;
CREATE INDEX tasks_of_attempt ON tasks (attempt);

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
PRAGMA user_version = 1;

INSERT INTO events (position, subject, seq, at, kind) VALUES (1, 'attempt/attempt-1', 1, 1000, '{"event":"attempt_created","version":1,"project":"project-1","project_name":"demo","bake":"bake-1","number":1,"batch":"train","name":"nightly","tags":["t"],"params":{"rate":"0.1"},"executor":"local","sources":[{"name":".apolo/train.yml","digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"}],"workspace":"/home/ada/demo","git":null,"by":"ada","from":null,"engine_version":"0.1.0"}');
INSERT INTO events (position, subject, seq, at, kind) VALUES (2, 'attempt/attempt-1', 2, 1001, '{"event":"claimed","epoch":1,"owner":"engine-1"}');
INSERT INTO events (position, subject, seq, at, kind) VALUES (3, 'attempt/attempt-1', 3, 1002, '{"event":"expanded","prefix":[],"nodes":[{"id":"a","entry":0,"matrix":{},"group":null,"needs":[],"names":[]}]}');
INSERT INTO events (position, subject, seq, at, kind) VALUES (4, 'attempt/attempt-1', 4, 1003, '{"event":"launching","key":{"owner":{"task":{"attempt":"attempt-1","node":["a"]}},"try":1},"spec":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2","cache":null}');
INSERT INTO events (position, subject, seq, at, kind) VALUES (5, 'attempt/attempt-1', 5, 1004, '{"event":"launched","key":{"owner":{"task":{"attempt":"attempt-1","node":["a"]}},"try":1},"raw":"unit-1"}');
INSERT INTO events (position, subject, seq, at, kind) VALUES (6, 'attempt/attempt-1', 6, 1005, '{"event":"ended","key":{"owner":{"task":{"attempt":"attempt-1","node":["a"]}},"try":1},"outcome":{"status":"succeeded","exit":{"code":0},"reason":"finished"},"outputs":{"rows":"12"},"state":{},"log":{"bytes":7},"cache":null}');
INSERT INTO events (position, subject, seq, at, kind) VALUES (7, 'attempt/attempt-1', 7, 1006, '{"event":"attempt_ended","result":"succeeded"}');
INSERT INTO texts VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1', 'kind: batch'), ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2', '{}');
INSERT INTO projects VALUES ('demo', 'project-1');
INSERT INTO bakes (id, project, name, created_at, doc) VALUES ('bake-1', 'project-1', 'nightly', 1000, '{"id":"bake-1","project":"project-1","batch":"train","name":"nightly","tags":["t"],"created_at":1000,"by":"ada","git":null,"workspace":"/home/ada/demo"}');
INSERT INTO attempts VALUES ('attempt-1', 'bake-1', 1, 'succeeded', '{"id":"attempt-1","bake":"bake-1","number":1,"created_at":1000,"ended_at":1006,"status":"succeeded","params":{"rate":"0.1"},"executor":"local","sources":[{"name":".apolo/train.yml","digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"}],"from":null,"engine_version":"0.1.0","cancel":null}');
INSERT INTO tasks (attempt, full_id, status, doc) VALUES ('attempt-1', '["a"]', 'succeeded', '{"attempt":"attempt-1","id":["a"],"node":{"id":"a","entry":0,"matrix":{},"group":null,"needs":[],"names":[]},"status":"succeeded","history":[{"at":1003,"status":"pending"},{"at":1005,"status":"succeeded"}],"note":null,"tries":[{"number":1,"launched_at":1003,"started_at":null,"ended_at":1005,"raw":"unit-1","outcome":{"status":"succeeded","exit":{"code":0},"reason":"finished"},"log":{"bytes":7}}],"outputs":{"rows":"12"},"state":{},"spec":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2","cached_from":null,"taken_from":null,"cache_key":null}');
INSERT INTO cache_entries VALUES ('project-1', 'train', '["b"]', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 1005, '{"project":"project-1","batch":"train","task":["b"],"key":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","created_at":1005,"attempt":"attempt-1","outputs":{"x":"1"},"state":{}}');
INSERT INTO claims VALUES ('attempt/attempt-1', 1, NULL, 0);
