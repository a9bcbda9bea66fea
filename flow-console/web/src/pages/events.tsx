// All that happened, in order; more is read as it is asked for, and what comes is put below.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get } from '../api';
import { listen } from '../live';
import { Fault, T } from '../parts';
import { clockTime } from '../time';
import type { AttemptPage, StoredEvent } from '../types';

const PAGE = 200;

export function EventsView({ page, base }: { page: AttemptPage; base: string }) {
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
      if (change.subject !== page.attempt.id || more.value) return;
      timer ||= window.setTimeout(() => { timer = 0; void read(); }, 200);
    });
    return () => { stop(); clearTimeout(timer); };
  }, [base]);
  return <>
    <Fault error={error.value} />
    <div class="scroll" style={{ maxHeight: '70vh', overflowY: 'auto' }} tabIndex={0} role="region" aria-label="Events">
      <table class="events">
        <thead><tr><th>#</th><th>Time</th><th>Event</th><th>About</th><th>Says</th></tr></thead>
        <tbody>{events.value.map((event) => <Row key={event.position} event={event} />)}</tbody>
      </table>
    </div>
    {more.value && events.value.length > 0 && <div class="pages"><button type="button" disabled={busy.value} onClick={() => void read()}>More</button></div>}
  </>;
}

function Row({ event }: { event: StoredEvent }) {
  const { event: kind, ...rest } = event.kind;
  const said = JSON.stringify(rest);
  return (
    <tr>
      <td class="num faint">{event.seq}</td><td class="time">{clockTime(new Date(event.at).toISOString())}</td><td>{kind.replaceAll('_', ' ')}</td>
      <td><T>{about(event.kind)}</T></td><td><div class="clip soft mono" title={said.slice(0, 2000)}><T>{said.slice(0, 300)}</T></div></td>
    </tr>
  );
}

function about(kind: Record<string, unknown>): string {
  const path = (value: unknown) => (Array.isArray(value) ? value.join('.') : '');
  const owner = (kind.key as { owner?: { task?: { node?: string[] }; build?: { image?: string } } } | undefined)?.owner;
  return path(kind.node) || path(owner?.task?.node) || owner?.build?.image || path(kind.prefix);
}
