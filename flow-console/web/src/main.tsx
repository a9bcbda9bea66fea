// The page: its frame, and which view an address means.

import { signal } from '@preact/signals';
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import './style.css';
import { get } from './api';
import { connected, startFeed } from './live';
import { Confirm, Empty, Fault, Loading, Toast, about, useRead } from './parts';
import { AttemptPage } from './pages/attempt';
import { FlowPage, FlowsPage } from './pages/flows';
import { LivePage } from './pages/live';
import { RunPage } from './pages/run';
import { StartPage } from './pages/start';
import { WorkloadsPage } from './pages/workloads';
import { go, place, startRouter } from './router';
import { setServerTime } from './time';
import type { About, BakePage } from './types';

function View() {
  const parts = place.value.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const [kind, name, third, fourth, fifth] = parts;
  if (!kind) return <WorkloadsPage />;
  if (kind === 'bakes' && name && third === undefined) return <LastAttempt bake={name} />;
  if (kind === 'bakes' && name && third === 'attempts' && fourth) return <AttemptPage key={`${name}/${fourth}`} bake={name} number={Number(fourth)} view={fifth ?? 'graph'} />;
  if (kind === 'live' && name) return <LivePage key={name} id={name} view={third ?? 'overview'} />;
  if (kind === 'flows' && !name) return <FlowsPage />;
  if (kind === 'flows' && name && third === 'start') return <StartPage flow={name} />;
  if (kind === 'flows' && name && third === 'run' && fourth) return <RunPage flow={name} job={fourth} />;
  if (kind === 'flows' && name) return <FlowPage flow={name} view={third ?? 'graph'} />;
  return <Empty title="There is nothing at this address."><a href="/">All workloads</a></Empty>;
}

function LastAttempt({ bake }: { bake: string }) {
  const { data, error } = useRead<BakePage>(`/bakes/${encodeURIComponent(bake)}`);
  const last = data?.attempts.at(-1);
  useEffect(() => { if (data && last) go(`/bakes/${encodeURIComponent(data.bake.id)}/attempts/${last.number}`, true); }, [data]);
  return error ? <Fault error={error} /> : <Loading />;
}

function App() {
  const main = useRef<HTMLElement>(null);
  const path = place.value.pathname;
  const first = useRef(true);
  useEffect(() => {
    if (first.current) { first.current = false; return; }
    main.current?.focus({ preventScroll: true });
  }, [path.split('/').slice(0, 3).join('/')]);
  const at = (start: string) => (start === '/' ? path === '/' || path.startsWith('/bakes') || path.startsWith('/live') : path.startsWith(start)) ? ('page' as const) : undefined;
  return <>
    <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>To the content</a>
    <header class="top">
      <a class="brand" href="/"><img src="/assets/mark.svg" alt="" width="24" height="24" />Apolo Flow</a>
      <nav aria-label="Main"><a href="/" aria-current={at('/')}>Workloads</a><a href="/flows" aria-current={at('/flows')}>Flows</a></nav>
      <div class="end">
        <span class={`live ${connected.value ? 'on' : ''}`} title={connected.value ? 'Changes show at once' : 'Not connected; trying again'}><i />{connected.value ? 'live' : 'offline'}</span>
        {about.value && <span class="who" title={about.value.user}>{about.value.user.replace(/ \(console: .*\)$/, '')} · {about.value.read_only ? 'read-only' : about.value.role}</span>}
        <button type="button" class="quiet small" aria-label="Keys" title="Keys" onClick={() => { help.value = true; }}><kbd>?</kbd></button>
        <form method="post" action="/leave"><button class="quiet" type="submit">Leave</button></form>
      </div>
    </header>
    <main id="main" ref={main} tabIndex={-1}><View /></main>
    <Confirm /><Help /><Toast />
  </>;
}

const help = signal(false);
const KEYS: [string, string][] = [
  ['/', 'Search'], ['j  k', 'Next and previous row'], ['Enter', 'Open the row, the task, the call'], ['1 … 4', 'Views of a bake, a job or a flow'], ['Esc', 'Close the task; leave a field'],
  ['g w', 'Workloads'], ['g f', 'Flows'], ['←  ↑  ↓  →', 'Move the graph'], ['+  −  0', 'Zoom in, zoom out, show all'], ['Space', 'Fold or open a call in the graph'], ['?', 'These keys'],
];

function Help() {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => { if (help.value) box.current?.showModal(); else box.current?.close(); }, [help.value]);
  return (
    <dialog ref={box} onClose={() => { help.value = false; }} aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      <dl class="keys">{KEYS.map(([key, what]) => [<dt key={key}>{key.split('  ').map((one) => <kbd key={one}>{one}</kbd>)}</dt>, <dd key={`${key}.`}>{what}</dd>])}</dl>
      <div class="actions"><button type="button" autofocus onClick={() => { help.value = false; }}>Close</button></div>
    </dialog>
  );
}

/** Moves among the rows of whatever list is on the page. */
function toRow(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

let before = '';

function keys(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const typing = target.closest('input, textarea, select, dialog');
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (typing) { if (event.key === 'Escape' && typing instanceof HTMLInputElement) typing.blur(); return; }
  const inRow = target.matches('[data-row]');
  const step = event.key === 'j' || (inRow && event.key === 'ArrowDown') ? 1 : event.key === 'k' || (inRow && event.key === 'ArrowUp') ? -1 : 0;
  const [view] = /^[1-9]$/.test(event.key) ? [...document.querySelectorAll<HTMLAnchorElement>('[data-view]')].slice(Number(event.key) - 1) : [];
  const search = event.key === '/' ? document.querySelector<HTMLInputElement>('input[type=search]') : null;
  if (step) toRow(step);
  else if (search) { search.focus(); search.select(); }
  else if (view) view.click();
  else if (event.key === '?') help.value = true;
  else if (before === 'g' && event.key === 'w') go('/');
  else if (before === 'g' && event.key === 'f') go('/flows');
  else { before = event.key; return; }
  before = '';
  event.preventDefault();
}

async function start(): Promise<void> {
  startRouter();
  addEventListener('keydown', keys);
  const root = document.getElementById('app');
  if (!root) return;
  render(<App />, root);
  try {
    about.value = await get<About>('/about');
    setServerTime(about.value.now);
    startFeed(about.value.position);
  } catch { /* The views say what is wrong. */ }
}

void start();
