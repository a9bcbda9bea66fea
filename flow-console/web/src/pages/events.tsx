// All that happened, in order; more is read as it is asked for, and what comes is put below.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get } from '../api';
import { listen } from '../live';
import { Fault, Loading, T } from '../parts';
import { clockTime } from '../time';
import type { StoredEvent } from '../types';

const PAGE = 200;

export function EventsView({ base, subject }: { base: string; subject: string }) {
  const events = useSignal<StoredEvent[]>([]);
  const next = useSignal(0);
  const more = useSignal(true);
  const error = useSignal<unknown>(null);
  const busy = useSignal(false);
  const read = async () => {
    if (busy.value) return;
    busy.value = true;
    try {
      const found = await get<{ events: StoredEvent[]; next: number }>(`${base}/events?after=${next.value}&limit=${PAGE}`);
      events.value = [...events.value, ...found.events];
      next.value = found.next;
      more.value = found.events.length === PAGE;
      error.value = null;
    } catch (reason) { error.value = reason; } finally { busy.value = false; }
  };
  useEffect(() => {
    void read();
    let timer = 0;
    const stop = listen((change) => {
      if (change.subject !== subject || more.value) return;
      timer ||= window.setTimeout(() => { timer = 0; void read(); }, 200);
    });
    return () => { stop(); clearTimeout(timer); };
  }, [base]);
  return <>
    <Fault error={error.value} />
    {busy.value && events.value.length === 0 && <Loading />}
    <div class="scroll" style={{ maxHeight: '70vh', overflowY: 'auto' }} tabIndex={0} role="region" aria-label="Events">
      <table class="events list">
        <thead><tr><th class="right">#</th><th>Time</th><th>Event</th><th>About</th><th class="wide">Says</th></tr></thead>
        <tbody>{events.value.map((event) => <Row key={event.position} event={event} />)}</tbody>
      </table>
    </div>
    {more.value && events.value.length > 0 && <div class="pages"><button type="button" disabled={busy.value} onClick={() => void read()}>More</button></div>}
  </>;
}

function Row({ event }: { event: StoredEvent }) {
  const { event: kind, ...rest } = event.kind;
  const text = says(rest);
  return (
    <tr>
      <td class="num faint">{event.seq}</td><td class="time">{clockTime(new Date(event.at).toISOString(), true)}</td><td class="nowrap">{kind.replaceAll('_', ' ')}</td>
      <td><div class="clip short"><T>{about(event.kind)}</T></div></td>
      <td class="wide"><details><summary><T>{text.slice(0, 200)}</T></summary><pre tabIndex={0}><T>{JSON.stringify(event.kind, null, 1)}</T></pre></details></td>
    </tr>
  );
}

/** The parts of an event that a person looks for first; all of it opens below. */
function says(rest: Record<string, unknown>): string {
  const parts: string[] = [];
  const add = (name: string, value: unknown) => { if (value !== null && value !== undefined && value !== '') parts.push(name ? `${name} ${String(value)}` : String(value)); };
  const key = rest.key as { try?: number } | undefined;
  const outcome = rest.outcome as { status?: string; exit?: unknown; outputs?: object } | undefined;
  add('try', key?.try);
  add('', rest.stage); add('', rest.why); add('', rest.result); add('', outcome?.status);
  const code = (outcome?.exit as { code?: number } | undefined)?.code;
  add('exit code', code);
  add('by', rest.by); add('as', typeof rest.raw === 'string' ? rest.raw : null);
  if (Array.isArray(rest.nodes)) parts.push(`${rest.nodes.length} ${rest.nodes.length === 1 ? 'node' : 'nodes'}`);
  if (Array.isArray(rest.sources)) parts.push(`from ${rest.sources.length} ${rest.sources.length === 1 ? 'text' : 'texts'}`);
  add('epoch', rest.epoch);
  return parts.join(' · ') || 'all of it';
}

function about(kind: Record<string, unknown>): string {
  const path = (value: unknown) => (Array.isArray(value) ? value.join('.') : '');
  const owner = (kind.key as { owner?: { task?: { node?: string[] }; build?: { image?: string } } } | undefined)?.owner;
  return path(kind.node) || path(owner?.task?.node) || owner?.build?.image || path(kind.prefix);
}
