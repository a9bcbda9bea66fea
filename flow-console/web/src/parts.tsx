// Small parts that pages share.

import { signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { visible } from './ansi';
import { Refusal, get } from './api';
import { strokes } from './marks';
import { place } from './router';
import { ago, fullTime, now } from './time';
import type { About, Status } from './types';

export const about = signal<About | null>(null);
export const canSteer = (): boolean => about.value?.role === 'operator' && !about.value.read_only;

/** The shape of a status: it is told apart without its colour. */
export function Shape({ status, size = 14, still }: { status: Status | 'none'; size?: number; still?: boolean }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" class="icon mark">
      <g class={status === 'running' && !still ? 'spin' : undefined}>{strokes(status).map(([name, path]) => <path key={path} class={name} d={path} />)}</g>
    </svg>
  );
}

export function StatusMark({ status, chip, word }: { status: Status; chip?: boolean; word?: string }) {
  return <span class={`status st-${status}${chip ? ' chip' : ''}`}><Shape status={status} /><span>{word ?? status}</span></span>;
}

export function Age({ at }: { at: string }) {
  return <time dateTime={at} title={fullTime(at)}>{ago(at, now.value)}</time>;
}

/** Foreign text on one line: what hides in it is shown. */
export function T({ children }: { children: string | null | undefined }) {
  return <bdi>{visible(children ?? '')}</bdi>;
}

export function Fault({ error }: { error: unknown }) {
  if (!error) return null;
  const text = error instanceof Error ? error.message : String(error);
  return (
    <div class="error" role="alert">
      <strong>That did not work.</strong> <T>{text}</T>
      {error instanceof Refusal && error.diagnostics.map((one, at) => (
        <div key={at}><code>{one.code}</code> <T>{one.message}</T>{one.help && <span class="soft"> — <T>{one.help}</T></span>}</div>
      ))}
    </div>
  );
}

const toast = signal<string | null>(null);
let toastEnd = 0;

export function say(text: string): void {
  toast.value = text;
  clearTimeout(toastEnd);
  toastEnd = window.setTimeout(() => { toast.value = null; }, 3500);
}

export function Toast() {
  return <div role="status" aria-live="polite">{toast.value && <div class="toast">{visible(toast.value)}</div>}</div>;
}

/**
 * Reads from the API, again when `path` changes; `reload` reads once more and keeps the old until then.
 * `keep`: what was read stays to be seen while another path is read, as a list does while it is filtered.
 */
export function useRead<T>(path: string | null, keep = false): { data: T | null; error: unknown; reload: () => void; set: (data: T) => void } {
  const data = useSignal<T | null>(null);
  const error = useSignal<unknown>(null);
  const again = useSignal(0);
  const last = useRef<string | null>(null);
  useEffect(() => {
    if (path === null) return;
    if (last.current !== path) { if (!keep) data.value = null; error.value = null; }
    last.current = path;
    const stop = new AbortController();
    get<T>(path, stop.signal).then(
      (found) => { if (!stop.signal.aborted) { data.value = found; error.value = null; } },
      (reason) => { if (!stop.signal.aborted) error.value = reason; },
    );
    return () => stop.abort();
  }, [path, again.value]);
  return { data: data.value, error: error.value, reload: () => { again.value += 1; }, set: (found) => { data.value = found; } };
}

interface Question { title: string; text: string; yes: string; act: () => Promise<unknown> }
const question = signal<Question | null>(null);

/** Asks before something is destroyed. */
export function confirmThen(title: string, text: string, yes: string, act: () => Promise<unknown>): void {
  question.value = { title, text, yes, act };
}

export function Confirm() {
  const box = useRef<HTMLDialogElement>(null);
  const error = useSignal<unknown>(null);
  const busy = useSignal(false);
  const asked = question.value;
  useEffect(() => { error.value = null; if (asked) box.current?.showModal(); else box.current?.close(); }, [asked]);
  const act = async () => {
    busy.value = true;
    try { await asked?.act(); question.value = null; } catch (reason) { error.value = reason; } finally { busy.value = false; }
  };
  return (
    <dialog ref={box} onClose={() => { question.value = null; }} aria-labelledby="question">
      {asked && <>
        <h2 id="question"><T>{asked.title}</T></h2>
        <p>{asked.text}</p>
        <Fault error={error.value} />
        <div class="actions">
          <button type="button" onClick={() => { question.value = null; }} autofocus>Leave it</button>
          <button type="button" class="danger" disabled={busy.value} onClick={act}>{asked.yes}</button>
        </div>
      </>}
    </dialog>
  );
}

const COPY = 'M5.5 5.5v-3a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-3M3.5 5.5h5a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-5a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1z';
const DRAWN = {
  copy: COPY,
  close: 'M4 4l8 8M12 4l-8 8',
  link: 'M6.5 3.5h-3a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-3M9.5 2.5h4v4M13.5 2.5L7 9',
  bake: 'M3.5 3.2h3v3h-3zM9.5 9.8h3v3h-3zM5 6.2v3.3a1.8 1.8 0 0 0 1.8 1.8h2.7M6.5 4.7h3a1.5 1.5 0 0 1 1.5 1.5v3.6',
  live: 'M8 8.2v.1M5.2 11a4 4 0 0 1 0-5.6M10.8 5.4a4 4 0 0 1 0 5.6M3.2 13a6.8 6.8 0 0 1 0-9.6M12.8 3.4a6.8 6.8 0 0 1 0 9.6',
  more: 'M6 3.5L10.5 8 6 12.5',
} as const;

/** A sign without a meaning of its own: a word stands beside it, or on the button that it is in. */
export function Glyph({ of, size = 15 }: { of: keyof typeof DRAWN; size?: number }) {
  return <svg class="glyph" width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d={DRAWN[of]} /></svg>;
}

export function Copy({ text, what }: { text: string; what: string }) {
  const copy = () => navigator.clipboard.writeText(text).then(() => say('Copied.'), () => say('The browser does not let me copy.'));
  return <button type="button" class="quiet small" aria-label={`Copy ${visible(what)}`} title="Copy" onClick={copy}><Glyph of="copy" size={13} /></button>;
}

/** An id, short to the eye and whole to the clipboard. */
export function Id({ id }: { id: string }) {
  const short = id.length > 16 ? `${id.slice(0, 13)}…` : id;
  return <span class="id"><code title={id}>{short}</code><Copy text={id} what="the id" /></span>;
}

/** A way out of the console: never followed by itself, and the other side is told nothing. Other schemes stay text. */
export function External({ url, brief, class: name }: { url: string; brief?: boolean; class?: string }) {
  const safe = /^https?:\/\//i.test(url);
  if (!safe) return <code><T>{url}</T></code>;
  return <a class={`external ${name ?? ''}`} href={url} target="_blank" rel="noopener noreferrer" title={visible(url)}>{brief ? <span class="visually-hidden">Open <T>{url}</T></span> : <T>{url}</T>}<Glyph of="link" size={13} /></a>;
}

export function Tags({ tags }: { tags: string[] }) {
  return <>{tags.map((tag) => <span class="tag" key={tag} title={visible(tag)}><T>{tag}</T></span>)}</>;
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><strong>{title}</strong>{children}</div>;
}

/** What stands where something is being read; it shows itself only if that takes a while. */
export function Loading({ rows = 5 }: { rows?: number }) {
  return <div class="loading" role="status"><span class="visually-hidden">Loading</span>{Array.from({ length: rows }, (_, at) => <i key={at} style={{ width: `${86 - ((at * 23) % 48)}%` }} />)}</div>;
}

/** Where one is, from the outside in. */
export function Crumbs({ to }: { to: [string, string][] }) {
  return <nav class="crumbs" aria-label="Where this is">{to.map(([label, href]) => <span key={href}><a href={href}><T>{label}</T></a><Glyph of="more" size={11} /></span>)}</nav>;
}

export function SearchBox({ label, hint, value, set }: { label: string; hint: string; value: string; set: (text: string) => void }) {
  return (
    <span class="search">
      <input type="search" aria-label={label} placeholder={hint} value={value} onInput={(event) => set(event.currentTarget.value)} />
      {!value && <kbd aria-hidden="true">/</kbd>}
    </span>
  );
}

/** The views of something, each with its own address. */
export function Tabs({ base, views, at, end }: { base: string; views: readonly (readonly [string, string])[]; at: string; end?: ComponentChildren }) {
  return (
    <nav class="tabs" aria-label="Views">
      {views.map(([name, label]) => <a key={name} href={`${base}/${name}${place.value.search}`} aria-current={at === name ? 'page' : undefined} data-view>{label}</a>)}
      {end && <div class="end">{end}</div>}
    </nav>
  );
}

/** A named text among others in a line. */
export function Fact({ name, title, children }: { name: string; title?: string; children: ComponentChildren }) {
  return <span title={title}><span class="k">{name}</span>{children}</span>;
}

export function Panel({ title, children, end }: { title: string; children: ComponentChildren; end?: ComponentChildren }) {
  return <section class="panel"><header><h2>{title}</h2>{end}</header>{children}</section>;
}
