// The drawer of one task: what happened to it step by step, why, what it was, what it gave.

import { useEffect, useRef } from 'preact/hooks';
import { post, segment } from '../api';
import { Copy, Fault, Glyph, Loading, Shape, StatusMark, T, canSteer, confirmThen, say, useRead } from '../parts';
import { clockTime, fullTime, millis, now, span } from '../time';
import type { Env, ExpressionLine, Run, Spec, Status, TaskPage, TaskRow, Why } from '../types';
import { isFinished } from './attempt';

interface Props { base: string; id: string; row: TaskRow | undefined; close: () => void; choose: (id: string) => void }

export function TaskDrawer({ base, id, row, close, choose }: Props) {
  const path = `${base}/tasks/${segment(id)}`;
  const { data, error, reload } = useRead<TaskPage>(path);
  // The row moves with the events; all else is read again when it has moved.
  const moved = `${row?.status} ${row?.tries} ${row?.started_at} ${row?.ended_at}`;
  const before = useRef(moved);
  useEffect(() => { if (before.current !== moved) { before.current = moved; reload(); } }, [moved]);
  const status = row?.status ?? data?.status ?? 'unknown';
  const running = !isFinished(status) && status !== 'unknown';
  const kill = () => confirmThen(`Stop ${id}?`, 'Only this task is stopped, or this call with all below it. What needs it follows the flow\'s own rules.', 'Stop the task',
    async () => { await post(`${path}/cancel`, {}); say('Asked to stop it.'); });
  return (
    <aside class="panel drawer" aria-label={`Task ${id}`}>
      <header>
        <div class="grow"><h2><T>{id}</T></h2><StatusMark status={status} chip /></div>
        {data && data.runs.length > 0 && <a class="button" href={`${base}/log?task=${segment(id)}`}>Log</a>}
        {running && <button type="button" class="danger" disabled={!canSteer()} title={canSteer() ? undefined : 'Only an operator may do this.'} onClick={kill}>Stop</button>}
        <button type="button" class="quiet small" aria-label="Close the task" title="Close (Esc)" onClick={close}><Glyph of="close" /></button>
      </header>
      <Fault error={error} />
      {!data && !error && <Loading />}
      {data && <>
        <section><h3>Why</h3><WhyText why={data.why} status={status} /></section>
        <section><h3>Steps</h3><Steps history={data.history} /></section>
        {data.runs.length > 0 && <section><h3>{data.runs.length > 1 ? 'Tries' : 'Try'}</h3>{data.runs.map((run) => <RunText key={run.number} run={run} log={`${base}/log?task=${segment(id)}&try=${run.number}`} many={data.runs.length > 1} word="try" />)}</section>}
        {data.needs.length > 0 && <section><h3>Needs</h3><ul class="steps">{data.needs.map((need) => (
          <li key={need.id}><span class={`status st-${need.status}`}><Shape status={need.status} /></span><button type="button" class="quiet inline" onClick={() => choose(need.id)}><T>{need.id}</T></button><span class="faint">{need.level}</span></li>))}</ul></section>}
        <Values title="Outputs" values={data.outputs} />
        <Values title="State" values={data.state} />
        {Object.keys(data.matrix).length > 0 && <Values title="Matrix" values={Object.fromEntries(Object.entries(data.matrix).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]))} />}
        {data.spec && <section><h3>Definition, evaluated</h3><SpecText spec={data.spec} /></section>}
        <Expressions key={moved} path={`${path}/expressions`} />
        {data.cache_key && <section><h3>Cache</h3><dl class="kv"><dt>key</dt><dd class="value"><code>{data.cache_key}</code><Copy text={data.cache_key} what="the cache key" /></dd></dl></section>}
      </>}
    </aside>
  );
}

function WhyText({ why, status }: { why: Why; status: Status }) {
  const from = why.from && <> <a href={`/bakes/${segment(why.from.bake)}/attempts/${why.from.attempt}`}>an earlier bake</a></>;
  const words: Record<string, preact.ComponentChildren> = {
    first: 'It ran: it had never succeeded in this flow before.',
    cache_off: 'It ran: its cache is off.',
    cache_not_read: 'It ran: this attempt was to use no earlier result.',
    changed: <>It ran: something differs from{from}.</>,
    different: <>It ran: it differs from{from}.</>,
    gone: <>It ran: the equal result of{from} is too old or was cleared.</>,
    opened: 'It is a call: the tasks below it tell more.',
    rows_made: 'It stood for the rows of a matrix, which were made from the results it needed.',
    not_evaluated: 'An expression could not be evaluated, so it was not started.',
    cached: <>Its result was taken from{from}.</>,
    taken_over: <>Its result was taken over from{from}.</>,
    disabled: why.needs.length ? 'It was skipped: what it needs did not succeed.' : 'It was skipped: it is not enabled.',
    winding_down: 'It was skipped: the bake was winding down.',
    cancelled: 'It was cancelled before it started.',
    locals_failed: 'It was skipped: the local actions before it did not end well.',
    waits_for_needs: 'It waits for what it needs.',
    waits_for_its_turn: 'It waits for its turn: not more tasks may run at once.',
    waits_for_its_next_start: <>It is tried again at {why.until ? clockTime(why.until) : 'a set time'}.</>,
    waits_for_the_executor: 'It waits for the executor.',
  };
  return <>
    <p>{words[why.because] ?? why.because.replaceAll('_', ' ')}</p>
    {why.said && <p class={status === 'failed' ? '' : 'soft'} style={status === 'failed' ? { color: 'var(--failed)' } : undefined}><T>{why.said}</T></p>}
    {why.needs.length > 0 && <ul class="steps">{why.needs.map((need) => <li key={need.id}><span class={`status st-${need.status}`}><Shape status={need.status} /></span><T>{need.id}</T><span class="faint">{need.status}</span></li>)}</ul>}
    {why.changes.length > 0 && <dl class="kv" style={{ marginTop: '8px' }}>{why.changes.map((one) => [
      <dt key={`k${one.field}`}><T>{one.field}</T></dt>,
      <dd key={one.field}><code><T>{one.old ?? '(not there)'}</T></code> → <code><T>{one.new ?? '(not there)'}</T></code></dd>])}</dl>}
  </>;
}

export function Steps({ history }: { history: { at: string; status: Status }[] }) {
  if (history.length === 0) return <p class="soft">Nothing has happened to it yet.</p>;
  return (
    <ol class="steps">{history.map((step, at) => {
      const after = history[at + 1];
      const next = millis(after?.at) ?? (isFinished(step.status) ? null : now.value);
      const length = next === null ? '' : ` for ${span(next - Date.parse(step.at))}`;
      return <li key={at}><span class={`status st-${step.status}`}><Shape status={step.status} still={after !== undefined} /></span><span>{step.status}<span class="faint">{length}</span></span><time dateTime={step.at} title={fullTime(step.at)}>{clockTime(step.at)}</time></li>;
    })}</ol>
  );
}

export function RunText({ run, log, many, word }: { run: Run; log: string; many: boolean; word: string }) {
  const [launched, started] = [Date.parse(run.launched_at), millis(run.started_at)];
  const ended = millis(run.ended_at) ?? now.value;
  return (
    <dl class="kv run">
      {many && <><dt>{word} {run.number}</dt><dd><StatusMark status={run.status} /> <a href={log}>log</a></dd></>}
      <dt>starting</dt><dd>{span((started ?? ended) - launched)} <span class="faint">from {clockTime(run.launched_at)}</span></dd>
      {started !== null && <><dt>running</dt><dd>{span(ended - started)} <span class="faint">from {clockTime(run.started_at ?? run.launched_at)}</span></dd></>}
      {run.ended_at && <><dt>ended</dt><dd>{clockTime(run.ended_at)}</dd></>}
      {run.exit_code !== null && <><dt>exit code</dt><dd>{run.exit_code}</dd></>}
      {run.signal !== null && <><dt>signal</dt><dd>{run.signal}</dd></>}
      {run.reason && <><dt>reason</dt><dd><T>{run.reason}</T></dd></>}
      {run.raw_id && <><dt>executor id</dt><dd><code><T>{run.raw_id}</T></code></dd></>}
    </dl>
  );
}

/** The lines of the source that hold expressions, each with what it came to. */
function Expressions({ path }: { path: string }) {
  const { data, error } = useRead<{ lines: ExpressionLine[] }>(path);
  if (error) return <section><h3>Expressions</h3><Fault error={error} /></section>;
  if (!data || data.lines.length === 0) return null;
  return (
    <section><h3>Expressions</h3>
      <div class="expressions">{data.lines.map((line, at) => <>
        {line.file !== data.lines[at - 1]?.file && <div class="soft file-name" key={`f${at}`}><T>{line.file}</T></div>}
        <div class="line" key={at}><span class="faint">{line.line}</span>{line.text === null ? <span class="hidden-value">a line that names a secret is not shown</span> : <pre><Inked text={line.text} line={line} /></pre>}</div>
        {line.values.map((one) => (
          <div class="came-to" key={`${at} ${one.column}`}><code class="soft"><T>{one.expression}</T></code><span class="faint">=</span>
            {one.value === null ? <span class="hidden-value">not shown</span> : <code tabIndex={one.value.length > 200 ? 0 : undefined}><T>{one.value}</T></code>}<span class="type">{one.type}</span>{one.value !== null && <Copy text={one.value} what={one.expression} />}</div>))}
      </>)}</div></section>
  );
}

/** A line whose expressions stand out. */
function Inked({ text, line }: { text: string; line: ExpressionLine }) {
  const letters = Array.from(text);
  const parts: preact.ComponentChildren[] = [];
  let from = 0;
  for (const one of line.values) {
    const start = one.column - 1;
    const end = start + Array.from(one.expression).length;
    parts.push(<T key={from}>{letters.slice(from, start).join('')}</T>, <mark key={`m${start}`}><T>{letters.slice(start, end).join('')}</T></mark>);
    from = end;
  }
  return <>{parts}<T>{letters.slice(from).join('')}</T></>;
}

/** What a text looks like; shown beside it, for it stays a text. */
function typeOf(text: string): string {
  if (/^-?\d+$/.test(text)) return 'integer';
  if (/^-?\d*\.?\d+(e[+-]?\d+)?$/i.test(text)) return 'number';
  if (/^(true|false)$/i.test(text)) return 'boolean';
  if (/^\s*[[{]/.test(text)) { try { JSON.parse(text); return 'JSON'; } catch { return 'text'; } }
  return text === '' ? 'empty' : 'text';
}

function Values({ title, values }: { title: string; values: Record<string, string> }) {
  const entries = Object.entries(values);
  if (entries.length === 0) return null;
  return (
    <section><h3>{title}</h3><dl class="kv">{entries.map(([name, value]) => [
      <dt key={`k${name}`}><T>{name}</T></dt>,
      <dd key={name} class="value"><code tabIndex={value.length > 200 ? 0 : undefined}><T>{value.length > 4000 ? `${value.slice(0, 4000)}…` : value}</T></code><span class="type">{typeOf(value)}</span><Copy text={value} what={name} /></dd>])}</dl></section>
  );
}

export function SpecText({ spec }: { spec: Spec }) {
  const rows: [string, string | null][] = [
    ['title', spec.title], ['name', spec.name], ['image', spec.image], ['preset', spec.preset], ['entrypoint', spec.entrypoint], ['command', spec.cmd],
    ['folder', spec.workdir], ['life span', spec.life_span_seconds === null ? null : span(spec.life_span_seconds * 1000)],
    ['may wait', spec.schedule_timeout_seconds === null ? null : span(spec.schedule_timeout_seconds * 1000)], ['port', spec.http_port === null ? null : String(spec.http_port)],
  ];
  return (
    <dl class="kv">
      {rows.filter(([, value]) => value !== null && value !== '').map(([name, value]) => [<dt key={`k${name}`}>{name}</dt>, <dd key={name}><code><T>{value}</T></code></dd>])}
      {spec.env.map((one) => [<dt key={`k${one.name}`}><code><T>{one.name}</T></code></dt>, <dd key={one.name}><EnvValue one={one} /></dd>])}
      {spec.volumes.map((one) => [<dt key={`k${one}`}>volume</dt>, <dd key={one}><code><T>{one}</T></code></dd>])}
      {spec.tags.length > 0 && <><dt>tags</dt><dd>{spec.tags.map((tag) => <span key={tag} class="tag" title={tag}><T>{tag}</T></span>)}</dd></>}
    </dl>
  );
}

function EnvValue({ one }: { one: Env }) {
  if (one.secret !== null) return <span class="hidden-value">secret <T>{one.secret}</T></span>;
  if (one.value === null) return <span class="hidden-value">not shown</span>;
  return <code><T>{one.value}</T></code>;
}
