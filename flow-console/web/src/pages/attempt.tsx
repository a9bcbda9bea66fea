// A bake's attempt: what it is, how far it is, and four views of its tasks, each under its own address.

import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { post, segment } from '../api';
import { listen } from '../live';
import { Age, Crumbs, Fact, Fault, Id, Loading, SearchBox, StatusMark, T, Tabs, Tags, canSteer, confirmThen, say, useRead } from '../parts';
import { go, place, put } from '../router';
import { fullTime, millis, now, span } from '../time';
import type { AttemptPage as Page, Change, Estimate, Status, TaskRow } from '../types';
import { EventsView } from './events';
import { GraphView } from './graph';
import { TaskLog } from './log';
import { TableView } from './table';
import { TaskDrawer } from './task';
import { TimelineView } from './timeline';

export const ORDER: Status[] = ['running', 'failed', 'cancelled', 'stalled', 'succeeded', 'cached', 'skipped', 'pending', 'unknown'];
const VIEWS = [['graph', 'Graph'], ['timeline', 'Timeline'], ['table', 'Table'], ['events', 'Events']] as const;
const FINISHED = new Set<Status>(['succeeded', 'failed', 'cancelled', 'skipped', 'cached']);

export const isFinished = (status: Status): boolean => FINISHED.has(status);

/** What a change makes of a row. */
function moved(row: TaskRow, change: Change): TaskRow {
  const next = { ...row };
  if (change.status) next.status = change.status;
  if (change.event === 'launching') { next.launched_at ??= change.at; next.tries = change.try ?? next.tries; next.note = null; next.started_at = null; next.ended_at = null; }
  if (change.event === 'progress') { next.note = change.note ?? null; if (change.status === 'running') next.started_at ??= change.at; }
  if (change.event === 'retry_at') { next.note = change.note ?? null; next.status = 'pending'; }
  if (change.status && isFinished(change.status)) { next.ended_at = change.at; next.note = change.note ?? null; }
  return next;
}

/** Applies changes to a page; they come many at a time. */
function applied(page: Page, changes: Change[]): Page {
  const places = new Map(page.tasks.map((task, at) => [task.id, at]));
  const tasks = [...page.tasks];
  const attempt = { ...page.attempt };
  for (const change of changes) {
    if (change.event === 'attempt_ended' && change.status) { attempt.status = change.status; attempt.ended_at = change.at; attempt.standing = 'ended'; }
    if (change.event === 'claimed') { attempt.standing = 'driven'; if (attempt.status === 'stalled') attempt.status = 'running'; }
    const at = change.task === undefined ? undefined : places.get(change.task);
    const row = at === undefined ? undefined : tasks[at];
    if (at !== undefined && row) tasks[at] = moved(row, change);
  }
  return { ...page, tasks, attempt, position: changes.at(-1)?.position ?? page.position };
}

export function count(tasks: TaskRow[]): Partial<Record<Status, number>> {
  const counts: Partial<Record<Status, number>> = {};
  for (const task of tasks) {
    if (task.kind === 'task' || task.kind === 'local') counts[task.status] = (counts[task.status] ?? 0) + 1;
  }
  return counts;
}

function useLive(path: string, bake: string, number: number) {
  const { data, error, reload, set } = useRead<Page>(path);
  const page = useRef<Page | null>(null);
  page.current = data;
  const shape = useSignal(0);
  useEffect(() => {
    let waiting: Change[] = [];
    let timer = 0;
    const flush = () => {
      timer = 0;
      const current = page.current;
      const news = waiting.filter((change) => !current || change.position > current.position);
      if (!current) return;
      waiting = [];
      if (news.length === 0) return;
      set(applied(current, news));
      if (news.some((change) => change.reload || change.event === 'cancel_asked')) { shape.value += 1; reload(); }
    };
    const stop = listen((change) => {
      if ((change.bake !== bake && change.bake !== page.current?.bake.id) || change.attempt !== number) return;
      waiting.push(change);
      timer ||= window.setTimeout(flush, 60);
    });
    return () => { stop(); clearTimeout(timer); };
  }, [path]);
  return { data, error, reload, shape: shape.value };
}

export function AttemptPage({ bake, number, view }: { bake: string; number: number; view: string }) {
  const base = `/bakes/${segment(bake)}/attempts/${number}`;
  const { data, error, reload, shape } = useLive(base, bake, number);
  const chosen = place.value.searchParams.get('task');
  useEffect(() => {
    if (data) document.title = `${data.bake.name ?? data.bake.batch} · ${data.attempt.status} · Apolo Flow`;
  }, [data?.attempt.status]);
  useEffect(() => {
    const close = (event: KeyboardEvent) => { if (event.key === 'Escape' && !(event.target as Element).closest('input, textarea, select, dialog')) put({ task: null }); };
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, []);
  if (!data) return error ? <Fault error={error} /> : <Loading />;
  const choose = (id: string | null) => put({ task: id, try: null }, false);
  const task = chosen ? data.tasks.find((one) => one.id === chosen) : undefined;
  if (view === 'log' && chosen) return <TaskLog base={base} task={chosen} row={task} bake={data.bake.name ?? data.bake.batch} />;
  const shared = { page: data, base, chosen, choose };
  const find = place.value.searchParams.get('find') ?? '';
  return <>
    <Head page={data} reload={reload} />
    <Fault error={error} />
    <Progress page={data} base={base} />
    <div class={`split ${chosen ? 'open' : ''}`}>
      <div class="panel">
        <Tabs base={base} views={VIEWS} at={view} end={view !== 'events' && <SearchBox label="Search tasks" hint="Task or status" value={find} set={(text) => put({ find: text })} />} />
        {view === 'graph' && <GraphView {...shared} shape={shape} />}
        {view === 'timeline' && <TimelineView {...shared} />}
        {view === 'table' && <TableView {...shared} />}
        {view === 'events' && <EventsView base={base} subject={data.attempt.id} />}
      </div>
      {chosen && <TaskDrawer base={base} id={chosen} row={task} close={() => choose(null)} choose={choose} />}
    </div>
  </>;
}

function Head({ page, reload }: { page: Page; reload: () => void }) {
  const { bake, attempt } = page;
  const end = millis(attempt.ended_at) ?? now.value;
  const params = Object.entries(attempt.params);
  return <>
    <Crumbs to={[['Workloads', '/'], [bake.batch, `/flows/${segment(bake.batch)}`]]} />
    <div class="head">
      <div class="grow">
        <h1><T>{bake.name ?? bake.batch}</T> <StatusMark status={attempt.status} chip /></h1>
        <div class="sub">
          <Fact name="by"><T>{bake.by}</T></Fact>
          <Fact name="started"><Age at={attempt.created_at} /></Fact>
          <Fact name="took" title={attempt.ended_at ? `ended ${fullTime(attempt.ended_at)}` : undefined}>{span(end - (millis(attempt.created_at) ?? end))}</Fact>
          {bake.git && <Fact name="git" title={bake.git.sha}><code>{bake.git.sha.slice(0, 9)}</code> <T>{bake.git.branch}</T></Fact>}
          <Fact name="executor">{attempt.executor}</Fact>
          {attempt.cancelled_by && <Fact name="cancelled by"><T>{attempt.cancelled_by}</T></Fact>}
          <Fact name="id"><Id id={bake.id} /></Fact>
        </div>
        {(params.length > 0 || bake.tags.length > 0) && <div class="sub">
          {params.map(([name, value]) => <span key={name} class="param"><T>{name}</T><code><T>{value}</T></code></span>)}
          <Tags tags={bake.tags} />
        </div>}
      </div>
      <Actions page={page} reload={reload} />
    </div>
    {page.attempts > 1 && <nav class="attempts" aria-label="Attempts"><span class="k">Attempt</span>{Array.from({ length: page.attempts }, (_, at) => at + 1).map((one) => (
      <a key={one} href={`/bakes/${segment(bake.id)}/attempts/${one}`} aria-current={one === attempt.number ? 'true' : undefined}>{one}</a>))}</nav>}
  </>;
}

function Progress({ page, base }: { page: Page; base: string }) {
  const counts = useMemo(() => count(page.tasks), [page.tasks]);
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const done = Object.entries(counts).reduce((sum, [status, one]) => sum + (isFinished(status as Status) ? one : 0), 0);
  const going = !page.attempt.ended_at;
  // Asked again after each twentieth of the way: between these the clock counts down.
  const { data, reload } = useRead<Estimate>(going && total > 0 ? `${base}/estimate` : null);
  const asked = useRef({ at: 0, step: -1 });
  const step = Math.floor((20 * done) / Math.max(total, 1));
  useEffect(() => { if (asked.current.step !== step) { asked.current.step = step; reload(); } }, [step]);
  useEffect(() => { asked.current.at = now.value; }, [data]);
  if (total === 0) return <div class="sub">The graph is not known yet.</div>;
  const told = data?.remaining_seconds;
  const left = told === undefined || told === null ? null : Math.max(1, told - Math.max(0, now.value - asked.current.at) / 1000);
  const find = place.value.searchParams.get('find');
  return (
    <div class="progress">
      <div class="bar" role="img" aria-label={`${done} of ${total} tasks have ended`}>
        {ORDER.filter((status) => counts[status]).map((status) => <i key={status} class={`st-${status}`} style={{ flexGrow: counts[status] ?? 0 }} />)}
      </div>
      <div class="counts">
        {ORDER.filter((status) => counts[status]).map((status) => (
          <button type="button" key={status} class="quiet" aria-pressed={find === status} title={`Show the ${status} ones`} onClick={() => put({ find: find === status ? null : status })}><StatusMark status={status} word={`${counts[status]} ${status}`} /></button>))}
        <span class="end">{done} of {total} tasks{going && left !== null && <span class="left"> · about {span(Math.round(left) * 1000)} left</span>}</span>
      </div>
    </div>
  );
}

function Actions({ page, reload }: { page: Page; reload: () => void }) {
  const { bake, attempt } = page;
  const path = `/bakes/${segment(bake.id)}`;
  const name = bake.name ?? bake.batch;
  const steer = canSteer();
  const why = steer ? undefined : 'Only an operator may do this.';
  const restart = (from_failed: boolean) => async () => {
    const started = await post<{ attempt: number }>(`${path}/restart`, { from_failed });
    say(`Attempt ${started.attempt} is started.`);
    go(`${path}/attempts/${started.attempt}`);
  };
  if (page.attempts > attempt.number) return <div class="actions"><a class="button" href={path}>To the last attempt</a></div>;
  return (
    <div class="actions">
      {attempt.standing === 'stalled' && <button type="button" class="primary" disabled={!steer} title={why} onClick={async () => { try { await post(`${path}/resume`, {}); say('An engine takes it up.'); reload(); } catch (error) { say(String((error as Error).message)); } }}>Resume</button>}
      {attempt.ended_at
        ? <>
          {attempt.status !== 'succeeded' && <button type="button" class="primary" disabled={!steer} title={why} onClick={() => confirmThen(`Restart ${name} from what failed?`, 'A new attempt takes over what succeeded, and runs the rest.', 'Restart', restart(true))}>Restart from failed</button>}
          <button type="button" disabled={!steer} title={why} onClick={() => confirmThen(`Run all of ${name} again?`, 'A new attempt runs every task; no earlier result is used.', 'Run all', restart(false))}>Run all again</button>
        </>
        : <button type="button" class="danger" disabled={!steer || attempt.cancelled_by !== null} title={why} onClick={() => confirmThen(`Cancel ${name}?`, 'Running tasks are stopped. Post tasks and tasks that always run still do.', 'Cancel the bake', async () => { await post(`${path}/cancel`, {}); say('Asked to cancel.'); reload(); })}>{attempt.cancelled_by ? 'Being cancelled…' : 'Cancel'}</button>}
    </div>
  );
}
