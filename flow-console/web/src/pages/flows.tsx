// Flows before they run: their graphs, what is wrong with them, what they declare.

import { useEffect } from 'preact/hooks';
import { post, segment } from '../api';
import { Fault, Panel, T, canSteer, confirmThen, say, useRead } from '../parts';
import { go, place } from '../router';
import type { Diagnostic, FlowPage as Page, FlowRow } from '../types';
import { Canvas } from './graph';

export function FlowsPage() {
  const { data, error } = useRead<{ workspace: string | null; flows: FlowRow[] }>('/flows');
  useEffect(() => { document.title = 'Flows · Apolo Flow'; }, []);
  return <>
    <div class="head"><div class="grow"><h1>Flows</h1>{data?.workspace && <div class="sub"><code><T>{data.workspace}</T></code></div>}</div>
      {data && data.flows.length > 0 && <div class="actions"><button type="button" disabled={!canSteer()} onClick={() => forget('all flows', {})}>Clear the cache…</button></div>}</div>
    <Fault error={error} />
    <div class="panel">
      {data?.flows.length === 0 && <div class="empty"><strong>No flows here.</strong>{data.workspace ? 'The config folder has no flow files.' : 'The console was started outside of a workspace.'}</div>}
      {data && data.flows.length > 0 && <div class="scroll"><table>
        <thead><tr><th>Flow</th><th>Kind</th><th>Problems</th><th><span class="visually-hidden">Actions</span></th></tr></thead>
        <tbody>{data.flows.map((flow) => (
          <tr key={flow.name} class="link" onClick={(event) => { if (!(event.target as Element).closest('a')) go(`/flows/${segment(flow.name)}`); }}>
            <td><a class="name" href={`/flows/${segment(flow.name)}`}><T>{flow.name}</T></a>{flow.title && flow.title !== flow.name && <div class="soft"><T>{flow.title}</T></div>}</td>
            <td>{flow.kind}</td>
            <td><Problems flow={flow} /></td>
            <td class="num">{flow.kind === 'batch' && flow.errors === 0 && <a class="button" href={`/flows/${segment(flow.name)}/start`}>Start…</a>}</td>
          </tr>))}</tbody>
      </table></div>}
    </div>
  </>;
}

function Problems({ flow }: { flow: FlowRow }) {
  if (flow.errors > 0) return <span style={{ color: 'var(--failed)' }}>✕ {flow.errors} {flow.errors === 1 ? 'error' : 'errors'}</span>;
  if (flow.warnings > 0) return <span style={{ color: 'var(--stalled)' }}>▲ {flow.warnings} {flow.warnings === 1 ? 'warning' : 'warnings'}</span>;
  return <span class="soft">none</span>;
}

function forget(what: string, body: object): void {
  confirmThen(`Forget cached results of ${what}?`, 'The next bake runs these tasks again. Past bakes stay as they are.', 'Forget them', async () => {
    const { cleared } = await post<{ cleared: number }>('/cache/clear', body);
    say(`${cleared} cached ${cleared === 1 ? 'result is' : 'results are'} forgotten.`);
  });
}

export function FlowPage({ flow, view }: { flow: string; view: string }) {
  const base = `/flows/${segment(flow)}`;
  const { data, error } = useRead<Page>(base);
  useEffect(() => { document.title = `${flow} · Apolo Flow`; }, [flow]);
  if (!data) return <Fault error={error} />;
  const at = data.graph ? view : view === 'graph' ? 'source' : view;
  return <>
    <div class="head">
      <div class="grow"><h1><T>{data.title ?? flow}</T></h1><div class="sub"><span><span class="k">flow</span><T>{flow}</T></span><span><span class="k">kind</span>{data.kind}</span><Problems flow={data} /></div></div>
      <div class="actions">
        {data.kind === 'batch' && <button type="button" disabled={!canSteer()} onClick={() => forget(flow, { flow })}>Clear its cache…</button>}
        {data.kind === 'batch' && data.errors === 0 && <a class="button" href={`${base}/start`}>Start…</a>}
      </div>
    </div>
    <div class="panel">
      <nav class="tabs" aria-label="Views">
        {data.graph && <a href={`${base}/graph`} aria-current={at === 'graph' ? 'page' : undefined}>Graph</a>}
        <a href={`${base}/source`} aria-current={at === 'source' ? 'page' : undefined}>Source</a>
        <a href={`${base}/declared`} aria-current={at === 'declared' ? 'page' : undefined}>Declared</a>
        {at === 'graph' && <div class="end"><input type="search" aria-label="Search tasks" placeholder="Search tasks   /" value={place.value.searchParams.get('find') ?? ''} onInput={(event) => { const url = new URL(place.value); url.searchParams.set('find', event.currentTarget.value); go(url.pathname + url.search, true); }} /></div>}
      </nav>
      {at === 'graph' && data.graph && <Canvas graph={data.graph} nodes={data.graph.nodes} chosen={null} find={place.value.searchParams.get('find') ?? ''} path={new Set()} isCall={() => false} choose={() => go(`${base}/source`)} toggle={() => {}} tools={null} legend="" />}
      {at === 'source' && <Sources page={data} />}
      {at === 'declared' && <Declared page={data} />}
    </div>
  </>;
}

function Sources({ page }: { page: Page }) {
  const placeless = page.diagnostics.filter((one) => one.file === null);
  return <>
    {placeless.map((one, at) => <div key={at} class="pad"><code>{one.code}</code> <T>{one.message}</T></div>)}
    {page.sources.map((source) => <div key={source.name}>
      <h3 class="pad" style={{ textTransform: 'none' }}><T>{source.name}</T></h3>
      <Source text={source.text} diagnostics={page.diagnostics.filter((one) => one.file === source.name)} />
    </div>)}
  </>;
}

function Source({ text, diagnostics }: { text: string; diagnostics: Diagnostic[] }) {
  return (
    <div class="source" tabIndex={0} role="region" aria-label="Source">
      {text.split('\n').map((line, at) => {
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
