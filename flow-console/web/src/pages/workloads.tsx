// The list of bakes and live jobs: filtered, sorted, paged; new ones appear by themselves.

import { useEffect } from 'preact/hooks';
import { query } from '../api';
import { listen } from '../live';
import { Age, Empty, External, Fault, Glyph, Loading, SearchBox, StatusMark, T, Tags, useRead } from '../parts';
import { go, place, put } from '../router';
import { millis, now, span } from '../time';
import type { Workload, WorkloadPage } from '../types';

const STATUSES = ['running', 'pending', 'stalled', 'failed', 'cancelled', 'succeeded'];
const KINDS = [['', 'All'], ['bake', 'Bakes'], ['live', 'Live jobs']] as const;
const FILTERS = ['text', 'status', 'flow', 'user', 'tag', 'kind'];

/** The address of a workload's own page. */
export const pageOf = (one: Workload): string =>
  one.kind === 'live' ? `/live/${encodeURIComponent(one.id)}` : `/bakes/${encodeURIComponent(one.id)}/attempts/${one.attempt ?? 1}`;

export function WorkloadsPage() {
  const asked = place.value.searchParams;
  const value = (name: string) => asked.get(name) ?? '';
  const page = Number(value('page') || '1');
  const path = '/workloads' + query({
    text: value('text'), status: value('status'), flow: value('flow'), user: value('user'), tag: value('tag'), kind: value('kind'),
    sort: value('sort'), order: value('order'), page: page > 1 ? page : '',
  });
  const { data, error, reload } = useRead<WorkloadPage>(path, true);
  useEffect(() => { document.title = 'Workloads · Apolo Flow'; }, []);
  useReloadOnNews(reload);
  const any = FILTERS.some((name) => value(name));
  return <>
    <div class="head"><div class="grow"><h1>Workloads</h1></div>
      <div class="actions"><a class="button primary" href="/flows">Start…</a></div></div>
    <Fault error={error} />
    <div class="panel">
      <Filters data={data} value={value} any={any} />
      {!data && !error && <Loading />}
      {data && data.items.length > 0 && <List items={data.items} sort={value('sort') || 'started'} order={value('order') || 'descending'} />}
      {data && data.items.length === 0 && (any
        ? <Empty title="Nothing fits these filters."><a href="/">Show all</a></Empty>
        : <Empty title="Nothing has run yet.">Start a flow on <a href="/flows">its page</a>, or type <code>apolo-flow bake FLOW</code>.</Empty>)}
      {data && data.total > data.per_page && <Pages data={data} />}
    </div>
  </>;
}

function Filters({ data, value, any }: { data: WorkloadPage | null; value: (name: string) => string; any: boolean }) {
  const filter = (name: string) => (event: Event) => put({ [name]: (event.currentTarget as HTMLInputElement).value, page: null });
  const choices = (name: string, label: string, options: string[]) => (
    <select aria-label={label} value={value(name)} class={value(name) ? 'set' : undefined} onChange={filter(name)}>
      <option value="">{label}: all</option>
      {options.map((one) => <option key={one} value={one}>{one}</option>)}
    </select>
  );
  return (
    <div class="filters">
      <div class="segments" role="group" aria-label="Kind">
        {KINDS.map(([kind, label]) => <button type="button" key={kind} aria-pressed={value('kind') === kind} onClick={() => put({ kind: kind || null, page: null })}>{label}</button>)}
      </div>
      <SearchBox label="Search" hint="Name, flow, id or tag" value={value('text')} set={(text) => put({ text, page: null })} />
      {choices('status', 'Status', STATUSES)}
      {choices('flow', 'Flow', data?.flows ?? [])}
      {choices('user', 'User', data?.users ?? [])}
      {(data?.tags.length ?? 0) > 0 && choices('tag', 'Tag', data?.tags ?? [])}
      {any && <button type="button" class="quiet" onClick={() => go('/')}>Clear</button>}
      <span class="end" aria-live="polite">{data ? `${data.total} ${data.total === 1 ? 'workload' : 'workloads'}` : ''}</span>
    </div>
  );
}

/** Reads again soon after something happened, and not more often than the eye sees. */
function useReloadOnNews(reload: () => void): void {
  useEffect(() => {
    let timer = 0;
    const stop = listen((change) => {
      if (!['attempt_created', 'attempt_ended', 'expanded', 'claimed', 'cancel_asked', 'live_created', 'live_ended', 'progress'].includes(change.event)) return;
      if (change.event === 'progress' && change.task) return;
      timer ||= window.setTimeout(() => { timer = 0; reload(); }, 250);
    });
    return () => { stop(); clearTimeout(timer); };
  }, []);
}

function Heading({ name, label, sort, order, class: className }: { name: string; label: string; sort: string; order: string; class?: string }) {
  const is = sort === name;
  const next = is && order === 'descending' ? 'ascending' : null;
  return (
    <th class={className} aria-sort={is ? (order as 'ascending' | 'descending') : undefined}>
      <button type="button" onClick={() => put({ sort: name === 'started' ? null : name, order: next, page: null })}>{label}{is && <span aria-hidden="true">{order === 'descending' ? '↓' : '↑'}</span>}</button>
    </th>
  );
}

function List({ items, sort, order }: { items: Workload[]; sort: string; order: string }) {
  const heading = { sort, order };
  return (
    <div class="scroll"><table class="list">
      <thead><tr>
        <Heading name="status" label="Status" {...heading} /><Heading name="name" label="Name" class="wide" {...heading} /><Heading name="flow" label="Flow" {...heading} />
        <Heading name="user" label="By" class="minor" {...heading} /><Heading name="started" label="Started" {...heading} /><Heading name="duration" label="Took" class="right" {...heading} />
      </tr></thead>
      <tbody>{items.map((one) => <Row key={one.id} one={one} />)}</tbody>
    </table></div>
  );
}

function Row({ one }: { one: Workload }) {
  const to = pageOf(one);
  const began = millis(one.started_at);
  const end = millis(one.ended_at) ?? now.value;
  const name = one.kind === 'live' ? one.title || one.name || one.job : one.name ?? one.id.slice(0, 13);
  return (
    <tr class="link" onClick={(event) => { if (!(event.target as Element).closest('a') && !getSelection()?.toString()) go(to); }}>
      <td><StatusMark status={one.status} chip /></td>
      <td class="wide"><div class="title"><Glyph of={one.kind} /><a class="name" href={to} title={name ?? undefined} data-row><T>{name}</T></a>
        {one.url && one.status === 'running' && <External url={one.url} brief />}
        {one.suffix && <span class="faint"><T>{one.suffix}</T></span>}
        {(one.attempt ?? 1) > 1 && <span class="faint">attempt {one.attempt}</span>}
        <Tags tags={one.tags.filter((tag) => !/^(project|flow|job|multi):/.test(tag))} /></div></td>
      <td class="soft"><div class="clip short" title={one.job ? `${one.flow} · ${one.job}` : one.flow}><T>{one.flow}</T>{one.job && <span class="faint"> · <T>{one.job}</T></span>}</div></td>
      <td class="soft minor"><div class="clip short" title={one.by}><T>{one.by}</T></div></td>
      <td class="time"><Age at={one.started_at ?? one.created_at} /></td>
      <td class="time right">{began === null ? '–' : span(end - began)}</td>
    </tr>
  );
}

function Pages({ data }: { data: WorkloadPage }) {
  const last = Math.ceil(data.total / data.per_page);
  const to = (page: number) => () => put({ page: page > 1 ? String(page) : null }, false);
  return (
    <nav class="pages" aria-label="Pages">
      <span>Page {data.page} of {last}</span>
      <button type="button" disabled={data.page <= 1} onClick={to(data.page - 1)}>Newer</button>
      <button type="button" disabled={data.page >= last} onClick={to(data.page + 1)}>Older</button>
    </nav>
  );
}
