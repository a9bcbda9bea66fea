// The page: its frame, and which view an address means.

import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import './style.css';
import { get } from './api';
import { connected, startFeed } from './live';
import { Confirm, Fault, Toast, about, useRead } from './parts';
import { AttemptPage } from './pages/attempt';
import { FlowPage, FlowsPage } from './pages/flows';
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
  if (kind === 'flows' && !name) return <FlowsPage />;
  if (kind === 'flows' && name && third === 'start') return <StartPage flow={name} />;
  if (kind === 'flows' && name) return <FlowPage flow={name} view={third ?? 'graph'} />;
  return <div class="empty"><strong>There is nothing at this address.</strong><a href="/">All workloads</a></div>;
}

function LastAttempt({ bake }: { bake: string }) {
  const { data, error } = useRead<BakePage>(`/bakes/${encodeURIComponent(bake)}`);
  const last = data?.attempts.at(-1);
  useEffect(() => { if (data && last) go(`/bakes/${encodeURIComponent(data.bake.id)}/attempts/${last.number}`, true); }, [data]);
  return <Fault error={error} />;
}

function App() {
  const main = useRef<HTMLElement>(null);
  const path = place.value.pathname;
  const first = useRef(true);
  useEffect(() => {
    if (first.current) { first.current = false; return; }
    main.current?.focus({ preventScroll: true });
  }, [path.split('/').slice(0, 3).join('/')]);
  const at = (start: string) => (start === '/' ? path === '/' || path.startsWith('/bakes') : path.startsWith(start)) ? ('page' as const) : undefined;
  return <>
    <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>To the content</a>
    <header class="top">
      <a class="brand" href="/"><img src="/assets/mark.svg" alt="" width="24" height="24" />Apolo Flow</a>
      <nav aria-label="Main"><a href="/" aria-current={at('/')}>Workloads</a><a href="/flows" aria-current={at('/flows')}>Flows</a></nav>
      <div class="end">
        <span class={`live ${connected.value ? 'on' : ''}`} title={connected.value ? 'Changes show at once' : 'Not connected; trying again'}><i />{connected.value ? 'live' : 'offline'}</span>
        {about.value && <span>{about.value.user} · {about.value.read_only ? 'read-only' : about.value.role}</span>}
        <form method="post" action="/leave"><button class="quiet" type="submit">Leave</button></form>
      </div>
    </header>
    <main id="main" ref={main} tabIndex={-1}><View /></main>
    <Confirm /><Toast />
  </>;
}

function keys(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const typing = target.closest('input, textarea, select, dialog');
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === '/' && !typing) {
    const search = document.querySelector<HTMLInputElement>('input[type=search]');
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  } else if (event.key === 'Escape' && typing instanceof HTMLInputElement) {
    typing.blur();
  }
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
