// What happens, as it happens: one stream for the whole page. A broken stream goes on where it stopped.

import { signal } from '@preact/signals';
import type { Change } from './types';

type Listener = (change: Change) => void;

const listeners = new Set<Listener>();
export const connected = signal(false);
let position = -1;
let source: EventSource | null = null;
let pause = 500;

export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

/** Begins after a position, unless the stream is already further. */
export function startFeed(after: number): void {
  if (position < after) position = after;
  if (!source) connect();
}

function connect(): void {
  source = new EventSource(`/api/v1/events?after=${position}`);
  source.onopen = () => { connected.value = true; pause = 500; };
  source.addEventListener('change', (event) => {
    const change = JSON.parse((event as MessageEvent<string>).data) as Change;
    position = change.position;
    for (const listener of [...listeners]) listener(change);
  });
  source.onerror = () => {
    connected.value = false;
    source?.close();
    // The browser's own retry keeps no pace and forgets a position that was never sent.
    setTimeout(connect, pause);
    pause = Math.min(pause * 2, 10_000);
  };
}
