// Calls to the API. A refusal is an `Error` whose message says why; 401 leads to the form.

import type { Diagnostic } from './types';

export class Refusal extends Error {
  constructor(readonly status: number, message: string, readonly diagnostics: Diagnostic[] = []) { super(message); }
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(`/api/v1${path}`, init).catch(() => { throw new Refusal(0, 'The console does not answer. Is it still running?'); });
  if (answer.status === 401) location.reload();
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, json.detail ?? `The console said ${answer.status}.`, json.diagnostics ?? []);
  return json as T;
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask<T>(path, { signal });

export function post<T>(path: string, body: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (key) headers['idempotency-key'] = key;
  return ask<T>(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

export const segment = encodeURIComponent;

/** Query text of what is set. */
export function query(values: Record<string, string | number | undefined | null>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return pairs.length ? '?' + pairs.map(([name, value]) => `${segment(name)}=${segment(String(value))}`).join('&') : '';
}
