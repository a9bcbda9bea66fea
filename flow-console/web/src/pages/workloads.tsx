// The list of bakes and live jobs: filtered, sorted, paged; new ones appear by themselves.

import { useEffect } from 'preact/hooks';
import { query } from '../api';
import { listen } from '../live';
import { Age, Fault, StatusMark, T, useRead } from '../parts';
import { go, place, put } from '../router';
import { millis, now, span } from '../time';
import type { Workload, WorkloadPage } from '../types';

const STATUSES = ['running', 'pending', 'stalled', 'failed', 'cancelled', 'succeeded'];

export function WorkloadsPage() {
  const asked = place.value.searchParams;
  const value = (name: string) => asked.get(name) ?? '';
  const page = Number(value('page') || '1');
  const path = '/workloads' + query({
    text: value('text'), status: value('status'), flow: value('flow'), user: value('user'), tag: value('tag'), kind: value('kind'),
    sort: value('sort'), order: value('order'), page: page > 1 ? page : '',
  });
  const { data, error, reload } = useRead<WorkloadPage>(path);
  useEffect(() => { document.title = 'Workloads · Apolo Flow'; }, []);
  useReloadOnNews(reload);
  const filter = (name: string) => (event: Event) => put({ [name]: (event.currentTarget as HTMLInputElement).value, page: null });
  const choices = (name: string, label: string, options: string[]) => (
    <select aria-label={label} value={value(name)} onChange={filter(name)}>
      <option value="">{label}: all</option>
      {options.map((one) => <option key={one} value={one}>{one}</option>)}
    </select>
  );
  const any = ['text', 'status', 'flow', 'user', 'tag', 'kind'].some((name) => value(name));
  return <>
    <div class="head"><div class="grow"><h1>Workloads</h1></div>
      <div class="actions"><a class="button" href="/flows">Start a bake…</a></div></div>
    <Fault error={error} />
    <div class="panel">
      <div class="filters">
        <input type="search" aria-label="Search" placeholder="Search name, flow, id, tag   /" value={value('text')} onInput={filter('text')} />
        {choices('status', 'Status', STATUSES)}
        {choices('flow', 'Flow', data?.flows ?? [])}
        {choices('user', 'User', data?.users ?? [])}
        {(data?.tags.length ?? 0) > 0 && choices('tag', 'Tag', data?.tags ?? [])}
        {any && <button type="button" class="quiet" onClick={() => go('/')}>Clear</button>}
        <span class="end" aria-live="polite">{data ? `${data.total} ${data.total === 1 ? 'workload' : 'workloads'}` : ''}</span>
      </div>
      {data && data.items.length > 0 && <List items={data.items} sort={value('sort') || 'started'} order={value('order') || 'descending'} />}
      {data && data.items.length === 0 && (any
        ? <div class="empty"><strong>Nothing fits these filters.</strong><a href="/">Show all</a></div>
        : <div class="empty"><strong>Nothing was baked yet.</strong>Start a flow on <a href="/flows">its page</a>, or type <code>apolo-flow bake FLOW</code>.</div>)}
      {data && data.total > data.per_page && <Pages data={data} />}
    </div>
  </>;
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
  }, [reload]);
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
    <div class="scroll"><table>
      <thead><tr>
        <Heading name="status" label="Status" {...heading} /><Heading name="name" label="Name" {...heading} /><Heading name="flow" label="Flow" {...heading} />
        <Heading name="user" label="By" {...heading} /><Heading name="started" label="Started" {...heading} /><Heading name="duration" label="Took" {...heading} />
      </tr></thead>
      <tbody>{items.map((one) => <Row key={one.id} one={one} />)}</tbody>
    </table></div>
  );
}

function Row({ one }: { one: Workload }) {
  const to = `/bakes/${encodeURIComponent(one.id)}/attempts/${one.attempt}`;
  const end = millis(one.ended_at) ?? now.value;
  return (
    <tr class="link" onClick={(event) => { if (!(event.target as Element).closest('a') && !getSelection()?.toString()) go(to); }}>
      <td><StatusMark status={one.status} /></td>
      <td><a class="name" href={to}><T>{one.name ?? one.id.slice(0, 13)}</T></a>{one.attempt > 1 && <span class="faint"> · attempt {one.attempt}</span>}
        <div>{one.tags.map((tag) => <span class="tag" key={tag} title={tag}><T>{tag}</T></span>)}</div></td>
      <td><T>{one.flow}</T></td>
      <td class="soft"><T>{one.by}</T></td>
      <td class="time"><Age at={one.started_at} /></td>
      <td class="time">{span(end - (millis(one.started_at) ?? end))}</td>
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
