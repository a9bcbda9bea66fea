// A log: pieces from the server, so that a long one opens as fast as a short one. Lines are text nodes.

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { pieces } from '../ansi';
import { Refusal, get, query, segment } from '../api';
import { Crumbs, Fault, SearchBox, StatusMark, T } from '../parts';
import { go, place } from '../router';
import { clockTime, fullTime } from '../time';
import type { LogFound, LogPage, TaskRow } from '../types';
import { isFinished } from './attempt';

interface Line { at: number; text: string; time: string | null }
interface Props {
  /** The log in the API. */
  path: string;
  /** Whether whoever writes it has ended. */
  ended: boolean;
  /** How many lines of the window it takes. */
  height?: string;
}

/** The log of a task, on a page of its own. */
export function TaskLog({ base, task, row, bake }: { base: string; task: string; row: TaskRow | undefined; bake: string }) {
  useEffect(() => { document.title = `Log of ${task} · Apolo Flow`; }, [task]);
  const asked = Number(place.value.searchParams.get('try')) || row?.tries;
  return <>
    <Crumbs to={[['Workloads', '/'], [bake, `${base}/graph`], [task, `${base}/graph?task=${segment(task)}`]]} />
    <div class="head"><div class="grow"><h1><span>Log of <T>{task}</T></span> {row && <StatusMark status={row.status} chip />}</h1></div></div>
    {row && row.tries > 1 && <nav class="attempts" aria-label="Tries"><span class="k">Try</span>{Array.from({ length: row.tries }, (_, at) => at + 1).map((one) => (
      <a key={one} href={`${base}/log?task=${segment(task)}&try=${one}`} aria-current={one === asked ? 'true' : undefined}>{one}</a>))}</nav>}
    <div class="panel"><LogView path={`${base}/tasks/${segment(task)}/log`} ended={row !== undefined && isFinished(row.status)} /></div>
  </>;
}

const PIECE = 65536;
/** So many bytes are kept; what is further away is read again when it is wanted. */
const KEPT = 1024 * 1024;
function split(page: LogPage): Line[] {
  const texts = page.text.split('\n');
  const lines = page.lines.map((at, index) => ({ at, text: texts[index] ?? '', time: page.times?.[index] ?? null }));
  // A log has bounds: what was too much is gone from its middle.
  return page.gone > 0 ? [{ at: page.from - page.gone, text: `[${bytes(page.gone)} of output are gone here]`, time: null }, ...lines] : lines;
}

/** Whether lines are shown with their times; kept for the next log. */
const TIMES = 'apolo-flow-log-times';

export function LogView({ path, ended, height }: Props) {
  const asked = place.value.searchParams;
  const number = asked.get('try');
  const mark = Number(place.value.hash.match(/^#at=(\d+)$/)?.[1] ?? NaN);
  const lines = useSignal<Line[]>([]);
  const range = useSignal({ from: 0, next: 0, end: 0, complete: false });
  const error = useSignal<unknown>(null);
  const follow = useSignal(Number.isNaN(mark));
  const search = useSignal('');
  const hits = useSignal<LogFound['hits'] | null>(null);
  const searching = useSignal(false);
  const timed = useSignal(localStorage.getItem(TIMES) === 'on');
  const box = useRef<HTMLDivElement>(null);
  const busy = useRef(false);
  const keep = useRef<{ height: number; top: number } | null>(null);

  const read = async (from: number | null, max = PIECE): Promise<LogPage> => get<LogPage>(path + query({ try: number, from, max }));
  const open = async (at: number | null) => {
    busy.current = true;
    try {
      // A place in the middle is shown with what stands before it.
      const page = at === null ? await read(null) : await read(Math.max(0, at - 8192));
      lines.value = split(page);
      range.value = page;
      error.value = null;
    } catch (reason) {
      // Before the first start there is no log; it is looked for again.
      if (!(reason instanceof Refusal && reason.status === 404 && !ended)) error.value = reason;
    } finally { busy.current = false; }
  };
  const forward = async () => {
    if (busy.current) return;
    if (lines.value.length === 0) return open(null);
    busy.current = true;
    try {
      const page = await read(range.value.next);
      const all = [...lines.value, ...split(page)];
      const first = Math.max(0, all.findIndex((line) => line.at >= page.next - KEPT));
      lines.value = all.slice(first);
      range.value = { ...page, from: lines.value[0]?.at ?? page.from };
      error.value = null;
    } catch (reason) { error.value = reason; } finally { busy.current = false; }
  };
  const back = async () => {
    if (busy.current || range.value.from === 0) return;
    busy.current = true;
    try {
      const to = range.value.from;
      const from = Math.max(0, to - PIECE);
      const page = await read(from, to - from);
      // A piece from the middle begins within a line.
      const fresh = split(page).slice(from > 0 ? 1 : 0).filter((line) => line.at < to);
      const element = box.current;
      if (element) keep.current = { height: element.scrollHeight, top: element.scrollTop };
      lines.value = [...fresh, ...lines.value];
      range.value = { ...range.value, from: fresh[0]?.at ?? 0 };
    } catch (reason) { error.value = reason; } finally { busy.current = false; }
  };
  useEffect(() => { void open(Number.isNaN(mark) ? null : mark); }, [path, number, mark]);
  const over = ended && range.value.complete;
  useEffect(() => {
    if (over || !follow.value) return;
    const timer = setInterval(() => { if (!document.hidden) void forward(); }, 700);
    return () => clearInterval(timer);
  }, [over, follow.value, path, number]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    if (keep.current) { element.scrollTop = keep.current.top + element.scrollHeight - keep.current.height; keep.current = null; return; }
    if (follow.value) { element.scrollTop = element.scrollHeight; return; }
    if (!Number.isNaN(mark) && !element.dataset.shown?.includes(String(mark))) {
      element.dataset.shown = String(mark);
      element.querySelector('.at')?.scrollIntoView({ block: 'center' });
    }
  }, [lines.value]);
  const scrolled = (element: HTMLDivElement) => {
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    if (!atEnd && follow.value) follow.value = false;
    if (atEnd && range.value.next < range.value.end) void forward();
    if (element.scrollTop < 120) void back();
  };
  const jump = (at: number) => { follow.value = false; if (box.current) box.current.dataset.shown = ''; go(`${location.pathname}${location.search}#at=${at}`, true); };
  const searched = async (look: () => Promise<void>) => {
    searching.value = true;
    try { await look(); } catch (reason) { error.value = reason; } finally { searching.value = false; }
  };
  const find = (text: string) => searched(async () => {
    const found: LogFound['hits'] = [];
    let from: number | null = 0;
    // A search goes on until there is enough to look at.
    while (from !== null && found.length < 200) {
      const part: LogFound = await get<LogFound>(`${path}/search${query({ try: number, text, from })}`);
      found.push(...part.hits);
      from = part.next;
    }
    hits.value = found;
  });
  const firstError = () => searched(async () => {
    const { hit } = await get<{ hit: { at: number } | null }>(`${path}/first-error${query({ try: number })}`);
    if (hit) jump(hit.at); else hits.value = [];
  });
  const shown = search.value.toLowerCase();
  return <>
    <Fault error={error.value} />
    <div class="log">
      <div class="filters">
        <form style={{ display: 'contents' }} onSubmit={(event) => { event.preventDefault(); if (search.value) void find(search.value); }}>
          <SearchBox label="Search the log" hint="Search the whole log" value={search.value} set={(text) => { search.value = text; if (!text) hits.value = null; }} />
          <button type="submit" disabled={searching.value || !search.value}>Search</button>
        </form>
        <button type="button" disabled={searching.value} onClick={() => void firstError()}>First error</button>
        <button type="button" aria-pressed={timed.value} title="When each line was written, to about a second"
          onClick={() => { timed.value = !timed.value; localStorage.setItem(TIMES, timed.value ? 'on' : 'off'); }}>Times</button>
        <button type="button" onClick={() => { follow.value = false; void open(0); }}>Top</button>
        <button type="button" aria-pressed={follow.value} onClick={() => { follow.value = true; void open(null); }}>{over ? 'End' : follow.value ? 'Following' : 'Follow'}</button>
        <span class="end">{bytes(range.value.end)} · <a href={`/api/v1${path}/download${query({ try: number })}`} download>Download</a></span>
      </div>
      {hits.value && <div class="hits" role="region" aria-label="Found lines" tabIndex={0}>
        {hits.value.length === 0 && <div class="pad soft">Nothing found.</div>}
        {hits.value.map((hit) => <button type="button" key={hit.at} onClick={() => jump(hit.at)}><span class="faint">{hit.at}</span> <Pieces text={hit.line} find={shown} /></button>)}
      </div>}
      <div class="lines" ref={box} style={{ height }} tabIndex={0} role="region" aria-label="Log" onScroll={(event) => scrolled(event.currentTarget)}>
        {lines.value.map((line) => <LineView key={line.at} line={line} at={line.at === mark} timed={timed.value} find={hits.value ? shown : ''} />)}
        {lines.value.length === 0 && !error.value && <div class="pad soft">{over ? 'It wrote nothing.' : 'No output yet.'}</div>}
      </div>
    </div>
  </>;
}

function LineView({ line, at, timed, find }: { line: Line; at: boolean; timed: boolean; find: string }) {
  return useMemo(() => <div class={`line${at ? ' at' : ''}${timed ? ' timed' : ''}`}>
    <a href={`${location.pathname}${location.search}#at=${line.at}`} aria-label={`Link to byte ${line.at}`}>{line.at}</a>
    {timed && (line.time ? <time dateTime={line.time} title={fullTime(line.time)}>{clockTime(line.time)}</time> : <span />)}
    <pre><Pieces text={line.text} find={find} /></pre>
  </div>, [line, at, timed, find]);
}

function Pieces({ text, find }: { text: string; find: string }) {
  return <>{pieces(text).map((piece, at) => <span key={at} class={piece.className || undefined}>{find ? marked(piece.text, find) : piece.text}</span>)}</>;
}

function marked(text: string, find: string): preact.ComponentChildren[] {
  const parts: preact.ComponentChildren[] = [];
  const lower = text.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(find); at >= 0; at = lower.indexOf(find, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + find.length)}</mark>);
    from = at + find.length;
  }
  parts.push(text.slice(from));
  return parts;
}

function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 ** 2) return `${(count / 1024).toFixed(1)} KB`;
  if (count < 1024 ** 3) return `${(count / 1024 ** 2).toFixed(1)} MB`;
  return `${(count / 1024 ** 3).toFixed(2)} GB`;
}
