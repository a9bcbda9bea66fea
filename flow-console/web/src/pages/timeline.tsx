// The timeline: for each task how long it waited, was set up, and ran.

import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Shape, T } from '../parts';
import { place } from '../router';
import { millis, now, span } from '../time';
import type { AttemptPage, TaskRow } from '../types';
import { found } from './table';

interface Props { page: AttemptPage; chosen: string | null; choose: (id: string | null) => void }

const HEIGHT = 28;

export function TimelineView({ page, chosen, choose }: Props) {
  const find = place.value.searchParams.get('find') ?? '';
  const tasks = useMemo(() => found(page.tasks, find), [page.tasks, find]);
  const top = useSignal(0);
  const start = Date.parse(page.attempt.created_at);
  const end = Math.max(start + 20, millis(page.attempt.ended_at) ?? now.value);
  const many = tasks.length > 300;
  const first = many ? Math.max(0, Math.floor(top.value / HEIGHT) - 10) : 0;
  const shown = many ? tasks.slice(first, first + 70) : tasks;
  const at = (moment: number) => ((moment - start) / (end - start)) * 1000;
  if (tasks.length === 0) return <div class="empty"><strong>{find ? 'No task fits.' : 'No tasks yet.'}</strong></div>;
  return <>
    <div class="timeline" onScroll={(event) => { top.value = event.currentTarget.scrollTop; }} tabIndex={0} role="region" aria-label="Timeline">
      <div class="row axis" aria-hidden="true"><span /><Axis length={end - start} /><span class="len">took</span></div>
      {many && <div style={{ height: `${first * HEIGHT}px` }} />}
      {shown.map((task) => <Lane key={task.id} task={task} at={at} end={end} chosen={task.id === chosen} choose={choose} attemptStart={start} />)}
      {many && <div style={{ height: `${Math.max(0, tasks.length - first - shown.length) * HEIGHT}px` }} />}
    </div>
    <div class="key"><span><i class="w" />waiting</span><span><i class="s" />starting</span><span><i class="r" />running, in the colour of its status</span></div>
  </>;
}

function Axis({ length }: { length: number }) {
  const steps = [100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5, 144e5, 432e5, 864e5];
  const step = steps.find((one) => length / one <= 6) ?? 864e5 * 7;
  const marks = Array.from({ length: Math.floor(length / step) + 1 }, (_, at) => at * step);
  return (
    <svg class="lane" width="100%">
      {marks.map((mark) => <text key={mark} x={`${(mark / length) * 100}%`} y="12" text-anchor={mark === 0 ? 'start' : mark / length > 0.93 ? 'end' : 'middle'}>{mark === 0 ? '0' : span(mark)}</text>)}
    </svg>
  );
}

interface LaneProps { task: TaskRow; at: (moment: number) => number; end: number; chosen: boolean; choose: (id: string) => void; attemptStart: number }

function Lane({ task, at, end, chosen, choose, attemptStart }: LaneProps) {
  const launched = millis(task.launched_at);
  const started = millis(task.started_at);
  const ended = millis(task.ended_at) ?? end;
  const waitEnd = launched ?? started ?? (task.ended_at ? ended : end);
  const length = started ? span(ended - started) : '';
  const depth = task.parent ? task.parent.split('.').length : 0;
  const part = (from: number, to: number) => ({ x: at(from), width: Math.max(at(to) - at(from), 2) });
  return (
    <button type="button" data-row class={`row st-${task.status}${chosen ? ' chosen' : ''}`} onClick={() => choose(task.id)}>
      <span class="label" style={{ paddingLeft: `${Math.min(depth, 6) * 14}px` }}><span class="status"><Shape status={task.status} /></span><span class="t"><T>{task.parent ? task.id.slice(task.parent.length + 1) : task.id}</T></span><span class="visually-hidden">{task.status}</span></span>
      <svg class="lane" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
        <line x1={at(attemptStart)} x2={at(Math.max(attemptStart, waitEnd))} y1="7" y2="7" stroke="var(--line-strong)" stroke-width="1.5" stroke-dasharray="2 3" vector-effect="non-scaling-stroke" />
        {launched !== null && <rect {...part(launched, started ?? ended)} y="3" height="8" rx="2" fill="color-mix(in srgb, var(--c) 35%, var(--panel))" />}
        {started !== null && <rect {...part(started, ended)} y="1" height="12" rx="2" fill="var(--c)" />}
      </svg>
      <span class="len">{length}</span>
    </button>
  );
}
