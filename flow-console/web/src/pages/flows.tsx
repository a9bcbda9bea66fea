// Flows before they run: their graphs, what is wrong with them, what they declare.

import { useEffect } from 'preact/hooks';
import { segment } from '../api';
import { visible } from '../ansi';
import { listen } from '../live';
import { Age, Copy, Crumbs, Empty, External, Fact, Fault, Glyph, Loading, Panel, SearchBox, Shape, StatusMark, T, Tabs, canSteer, useRead } from '../parts';
import { go, place, put } from '../router';
import type { Diagnostic, FlowPage as Page, FlowRow, Job, JobRow } from '../types';
import { CacheView, forget } from './cache';
import { Canvas } from './graph';

export function FlowsPage() {
  const { data, error } = useRead<{ workspace: string | null; flows: FlowRow[] }>('/flows');
  useEffect(() => { document.title = 'Flows · Apolo Flow'; }, []);
  return <>
    <div class="head"><div class="grow"><h1>Flows</h1>{data?.workspace && <div class="sub"><code><T>{data.workspace}</T></code></div>}</div>
      {data && data.flows.length > 0 && <div class="actions"><button type="button" disabled={!canSteer()} onClick={() => forget('all flows', {})}>Clear the cache…</button></div>}</div>
    <Fault error={error} />
    <div class="panel">
      {!data && !error && <Loading />}
      {data?.flows.length === 0 && <Empty title="No flows here.">{data.workspace ? 'The config folder has no flow files.' : 'The console was started outside of a workspace.'}</Empty>}
      {data && data.flows.length > 0 && <div class="scroll"><table class="list">
        <thead><tr><th class="wide">Flow</th><th>Kind</th><th>Problems</th><th><span class="visually-hidden">Actions</span></th></tr></thead>
        <tbody>{data.flows.map((flow) => <FlowLine key={flow.name} flow={flow} />)}</tbody>
      </table></div>}
    </div>
  </>;
}

function FlowLine({ flow }: { flow: FlowRow }) {
  const to = `/flows/${segment(flow.name)}`;
  return (
    <tr class="link" onClick={(event) => { if (!(event.target as Element).closest('a')) go(to); }}>
      <td class="wide"><div class="title"><Glyph of={flow.kind === 'live' ? 'live' : 'bake'} /><a class="name" href={to} data-row><T>{flow.name}</T></a>
        {flow.title && flow.title !== flow.name && <span class="soft clip" title={visible(flow.title)}><T>{flow.title}</T></span>}</div></td>
      <td class="soft">{flow.kind}</td>
      <td><Problems flow={flow} /></td>
      <td class="right">{flow.errors === 0 && (flow.kind === 'batch' ? <a class="button" href={`${to}/start`}>Start…</a> : flow.kind === 'live' ? <a class="button" href={`${to}/jobs`}>Jobs</a> : null)}</td>
    </tr>
  );
}

function Problems({ flow }: { flow: FlowRow }) {
  if (flow.errors > 0) return <span class="status st-failed"><Shape status="failed" /><span>{flow.errors} {flow.errors === 1 ? 'error' : 'errors'}</span></span>;
  if (flow.warnings > 0) return <span class="status st-stalled"><Shape status="stalled" /><span>{flow.warnings} {flow.warnings === 1 ? 'warning' : 'warnings'}</span></span>;
  return <span class="soft">none</span>;
}

export function FlowPage({ flow, view }: { flow: string; view: string }) {
  const base = `/flows/${segment(flow)}`;
  const { data, error } = useRead<Page>(base);
  useEffect(() => { document.title = `${flow} · Apolo Flow`; }, [flow]);
  if (!data) return error ? <Fault error={error} /> : <Loading />;
  const views = [...(data.graph ? [['graph', 'Graph'] as const] : []), ...(data.kind === 'live' ? [['jobs', 'Jobs'] as const] : []), ['source', 'Source'] as const, ['declared', 'Declared'] as const, ...(data.kind === 'batch' ? [['cache', 'Cache'] as const] : [])];
  const at = views.some(([name]) => name === view) ? view : views[0]?.[0] ?? 'source';
  const find = place.value.searchParams.get('find') ?? '';
  return <>
    <Crumbs to={[['Flows', '/flows']]} />
    <div class="head">
      <div class="grow"><h1><T>{data.title ?? flow}</T></h1><div class="sub"><Fact name="flow"><T>{flow}</T></Fact><Fact name="kind">{data.kind}</Fact>{data.errors + data.warnings > 0 && <Problems flow={data} />}</div></div>
      <div class="actions">
        {data.kind === 'batch' && <button type="button" disabled={!canSteer()} onClick={() => forget(flow, { flow })}>Clear its cache…</button>}
        {data.kind === 'batch' && data.errors === 0 && <a class="button primary" href={`${base}/start`}>Start…</a>}
      </div>
    </div>
    <div class="panel">
      <Tabs base={base} views={views} at={at} end={at === 'graph' && <SearchBox label="Search tasks" hint="Task" value={find} set={(text) => put({ find: text })} />} />
      {at === 'graph' && data.graph && <Canvas graph={data.graph} nodes={data.graph.nodes} chosen={null} find={find} path={new Set()} isCall={() => false} choose={() => go(`${base}/source`)} toggle={() => {}} tools={null} legend="" />}
      {at === 'jobs' && <Jobs flow={flow} page={data} />}
      {at === 'source' && <Sources sources={data.sources} diagnostics={data.diagnostics} />}
      {at === 'cache' && <CacheView flow={flow} />}
      {at === 'declared' && <Declared page={data} />}
    </div>
  </>;
}

/** The jobs of a live flow, each with its newest run. */
function Jobs({ flow, page }: { flow: string; page: Page }) {
  const { data, error, reload } = useRead<{ jobs: JobRow[] }>(`/flows/${segment(flow)}/jobs`);
  useEffect(() => {
    let timer = 0;
    const stop = listen((change) => { if (change.live && ['live_created', 'live_ended', 'progress'].includes(change.event)) timer ||= window.setTimeout(() => { timer = 0; reload(); }, 150); });
    return () => { stop(); clearTimeout(timer); };
  }, [flow]);
  if (!data) return error ? <Fault error={error} /> : <Loading rows={3} />;
  if (data.jobs.length === 0) return <Empty title="This flow has no jobs." />;
  const known = new Map(page.jobs.map((job) => [job.id, job]));
  return (
    <div class="scroll"><table class="list">
      <thead><tr><th class="wide">Job</th><th>Status</th><th>By</th><th>Started</th><th><span class="visually-hidden">Actions</span></th></tr></thead>
      <tbody>{data.jobs.map((row) => <JobLine key={`${row.job} ${row.suffix}`} row={row} flow={flow} job={known.get(row.job)} />)}</tbody>
    </table></div>
  );
}

function JobLine({ row, flow, job }: { row: JobRow; flow: string; job: Job | undefined }) {
  const run = `/flows/${segment(flow)}/run/${segment(row.job)}`;
  const going = row.run !== null && row.run.ended_at === null;
  return (
    <tr>
      <td class="wide"><div class="title"><Glyph of="live" />{row.run ? <a class="name" href={`/live/${segment(row.run.id)}`} data-row><T>{row.job}</T></a> : <span class="name"><T>{row.job}</T></span>}
        {row.suffix && <span class="faint"><T>{row.suffix}</T></span>}{job?.title && job.title !== row.job && <span class="soft clip" title={visible(job.title)}><T>{job.title}</T></span>}{job?.multi && <span class="tag">multi</span>}
        {going && row.run?.url && <External url={row.run.url} brief />}</div></td>
      <td>{row.run ? <StatusMark status={row.status} chip /> : <span class="soft">never run</span>}</td>
      <td class="soft"><T>{row.run?.by}</T></td>
      <td class="time">{row.run ? <Age at={row.run.started_at ?? row.run.created_at} /> : ''}</td>
      <td class="right">{job?.ok === false ? <span class="status st-failed"><Shape status="failed" /><span>has errors</span></span> : (!going || job?.multi) && <a class="button" href={run}>Run…</a>}</td>
    </tr>
  );
}

export function Sources({ sources, diagnostics }: { sources: { name: string; text: string }[]; diagnostics: Diagnostic[] }) {
  return <>
    {diagnostics.filter((one) => one.file === null).map((one, at) => <div key={at} class="pad"><code>{one.code}</code> <T>{one.message}</T></div>)}
    {sources.map((source) => <div key={source.name} class="file">
      <h2><code><T>{source.name}</T></code><Copy text={source.text} what={source.name} /></h2>
      <Source text={source.text} diagnostics={diagnostics.filter((one) => one.file === source.name)} />
    </div>)}
  </>;
}

function Source({ text, diagnostics }: { text: string; diagnostics: Diagnostic[] }) {
  return (
    <div class="source" tabIndex={0} role="region" aria-label="Source">
      {text.replace(/\n$/, '').split('\n').map((line, at) => {
        const here = diagnostics.filter((one) => one.line === at + 1);
        const bad = here.some((one) => one.severity === 'error');
        return (
          <div key={at} class={`line${bad ? ' bad' : here.length ? ' warn' : ''}`}>
            <span>{at + 1}</span><pre>{here[0] ? <Marked line={line} one={here[0]} /> : <T>{line}</T>}</pre>
            {here.map((one, index) => <div key={index} class="said"><code>{one.code}</code> <T>{one.message}</T>{one.help && <em><T>{one.help}</T></em>}</div>)}
          </div>
        );
      })}
    </div>
  );
}

function Marked({ line, one }: { line: string; one: Diagnostic }) {
  // Columns count code points.
  const letters = Array.from(line);
  const from = (one.column ?? 1) - 1;
  const to = one.end_line === one.line ? Math.max(from + 1, (one.end_column ?? 1) - 1) : letters.length;
  const part = (start: number, end?: number) => <T>{letters.slice(start, end).join('')}</T>;
  return <>{part(0, from)}<span class="wave">{part(from, to)}</span>{part(to)}</>;
}

function Declared({ page }: { page: Page }) {
  const nothing = page.params.length + page.jobs.length + page.volumes.length + page.images.length === 0;
  const rows = (title: string, list: { id: string; [key: string]: string | null }[]) => list.length > 0 && (
    <Panel title={title}><div class="pad"><dl class="kv">{list.map((one) => [<dt key={`k${one.id}`}><code><T>{one.id}</T></code></dt>,
      <dd key={one.id}>{Object.entries(one).filter(([name, value]) => name !== 'id' && value).map(([name, value]) => <div key={name}><span class="faint">{name}</span> <code><T>{value}</T></code></div>)}</dd>])}</dl></div></Panel>
  );
  return (
    <div class="pad stack">
      {nothing && <p class="soft">It declares no params, jobs, volumes or images.</p>}
      <div class="grid2">
        {rows('Params', page.params.map((one) => ({ id: one.name, default: one.default, description: one.descr })))}
        {rows('Jobs', page.jobs.map((one) => ({ id: one.id, params: one.params.map((param) => param.name).join(', '), problems: one.ok ? null : 'has errors' })))}
        {rows('Volumes', page.volumes)}
        {rows('Images', page.images)}
      </div>
    </div>
  );
}
