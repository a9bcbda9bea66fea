// The wire types of /api/v1 that the page uses; the server's OpenAPI description is the source.

export type Status = 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped' | 'cached' | 'unknown' | 'stalled';

export interface About { program: string; role: 'viewer' | 'operator'; read_only: boolean; user: string; workspace: string | null; position: number; now: string }

export interface Workload {
  kind: 'bake' | 'live'; id: string; name: string | null; flow: string; status: Status; tags: string[]; by: string;
  created_at: string; started_at: string | null; ended_at: string | null; attempt: number | null; attempt_id: string | null;
  job: string | null; suffix: string | null; title: string | null; url: string | null; http_port: number | null; life_span_seconds: number | null;
}
export interface WorkloadPage { position: number; total: number; page: number; per_page: number; items: Workload[]; flows: string[]; users: string[]; tags: string[] }

export interface Git { sha: string; branch: string; tags: string[] }
export interface Bake { id: string; name: string | null; batch: string; tags: string[]; created_at: string; by: string; workspace: string; git: Git | null }
export interface Attempt {
  id: string; number: number; status: Status; standing: string; created_at: string; ended_at: string | null;
  params: Record<string, string>; executor: string; cancelled_by: string | null; from: string | null; engine_version: string;
}
export interface TaskRow {
  id: string; parent: string; group: string | null; status: Status; note: string | null; launched_at: string | null;
  started_at: string | null; ended_at: string | null; tries: number; kind: 'task' | 'call' | 'local' | 'rows';
}
export interface BakePage { bake: Bake; attempts: Attempt[] }
export interface Estimate { remaining_seconds: number | null; path: string[] }
export interface AttemptPage { position: number; bake: Bake; attempt: Attempt; attempts: number; counts: Partial<Record<Status, number>>; tasks: TaskRow[] }

export interface Run { number: number; status: Status; launched_at: string; started_at: string | null; ended_at: string | null; raw_id: string | null; exit_code: number | null; signal: number | null; reason: string | null; log_bytes: number }
export interface Env { name: string; value: string | null; secret: string | null }
export interface Spec {
  title: string | null; name: string | null; image: string | null; preset: string | null; entrypoint: string | null; cmd: string | null;
  workdir: string | null; env: Env[]; volumes: string[]; tags: string[]; life_span_seconds: number | null;
  schedule_timeout_seconds: number | null; http_port: number | null; local: boolean;
}
export interface Why {
  because: string; from: { bake: string; attempt: number; at: string } | null; changes: { field: string; old: string | null; new: string | null }[];
  needs: { id: string; level: string | null; status: Status }[]; until: string | null; said: string | null;
}
export interface TaskPage extends TaskRow {
  position: number; bake: string; attempt: number; matrix: Record<string, unknown>; history: { at: string; status: Status }[]; runs: Run[];
  needs: { id: string; level: string; status: Status; outputs: Record<string, string> }[]; outputs: Record<string, string>;
  state: Record<string, string>; spec: Spec | null; cache_key: string | null; cached_from: string | null; taken_from: string | null; why: Why;
}

export interface ExpressionLine { file: string; line: number; text: string | null; values: { column: number; expression: string; name: string | null; value: string | null; type: string }[] }

export interface LivePage {
  position: number; now: string; id: string; job: string; suffix: string | null; flow: string; status: Status; standing: string; name: string; title: string;
  tags: string[]; params: Record<string, string>; executor: string; preset: string | null; by: string; workspace: string; git: Git | null;
  created_at: string; started_at: string | null; ended_at: string | null; note: string | null; url: string | null; http_port: number | null;
  port_forward: string[]; restart: string; life_span_seconds: number | null; life_left_seconds: number | null; age_seconds: number;
  exit_code: number | null; signal: number | null; reason: string | null; cancelled_by: string | null; cancelled_at: string | null; restarts: number;
  tries: Run[]; history: { at: string; status: Status }[]; spec: Spec | null; sources: string[];
}
export interface LiveStarted { id: string; job: string; suffix: string | null; status: Status; is_new: boolean }
export interface JobRow { job: string; suffix: string | null; status: Status; run: Workload | null }

export interface GraphNode { id: string; label: string; parent: number | null; status: Status | null; count: number; rows: Partial<Record<Status, number>>; x: number; y: number; width: number; height: number }
export interface Graph { width: number; height: number; nodes: GraphNode[]; edges: { from: number; to: number; path: string }[] }

export interface Change {
  position: number; at: string; event: string; subject: string; bake?: string; attempt?: number; live?: string; task?: string; try?: number;
  status?: Status; note?: string; reload?: boolean;
}

export interface LogPage { number: number; from: number; gone: number; next: number; end: number; complete: boolean; text: string; lines: number[]; times: string[] | null }
export interface LogFound { hits: { at: number; line: string }[]; next: number | null }

export interface FlowRow { name: string; kind: 'batch' | 'live' | 'unknown'; title: string | null; errors: number; warnings: number }
export interface Param { name: string; default: string | null; descr: string | null }
export interface Job { id: string; title: string | null; params: Param[]; multi: boolean; ok: boolean }
export interface Diagnostic { code: string; name: string; severity: 'error' | 'warning'; message: string; help: string | null; file: string | null; line: number | null; column: number | null; end_line: number | null; end_column: number | null }
export interface FlowPage extends FlowRow {
  params: Param[]; jobs: Job[]; volumes: { id: string; remote: string | null; mount: string | null; local: string | null }[];
  images: { id: string; reference: string | null; context: string | null; dockerfile: string | null }[]; graph: Graph | null;
  diagnostics: Diagnostic[]; sources: { name: string; text: string }[];
}
export interface StoredEvent { position: number; seq: number; at: number; kind: { event: string } & Record<string, unknown> }
