// The tasks as a table; of many rows only those in sight are drawn.

import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { StatusMark, T } from '../parts';
import { place } from '../router';
import { clockTime, millis, now, span } from '../time';
import type { AttemptPage, TaskRow } from '../types';

interface Props { page: AttemptPage; chosen: string | null; choose: (id: string | null) => void }

const HEIGHT = 40;

export function found(tasks: TaskRow[], find: string): TaskRow[] {
  const wanted = find.toLowerCase();
  return wanted ? tasks.filter((task) => task.id.toLowerCase().includes(wanted) || task.status.includes(wanted)) : tasks;
}

export function TableView({ page, chosen, choose }: Props) {
  const find = place.value.searchParams.get('find') ?? '';
  const tasks = useMemo(() => found(page.tasks, find), [page.tasks, find]);
  const top = useSignal(0);
  const first = Math.max(0, Math.floor(top.value / HEIGHT) - 10);
  const shown = tasks.length > 300 ? tasks.slice(first, first + 60) : tasks;
  const [before, after] = tasks.length > 300 ? [first * HEIGHT, Math.max(0, (tasks.length - first - shown.length) * HEIGHT)] : [0, 0];
  if (tasks.length === 0) return <div class="empty"><strong>{find ? 'No task fits.' : 'No tasks yet.'}</strong></div>;
  return (
    <div class="scroll" style={{ maxHeight: '70vh', overflowY: 'auto' }} tabIndex={0} role="region" aria-label="Tasks" onScroll={(event) => { top.value = event.currentTarget.scrollTop; }}>
      <table aria-rowcount={tasks.length}>
        <thead><tr><th>Task</th><th>Status</th><th>Started</th><th>Took</th><th>Tries</th><th>Note</th></tr></thead>
        <tbody>
          {before > 0 && <tr aria-hidden="true"><td colSpan={6} style={{ height: `${before}px`, padding: 0 }} /></tr>}
          {shown.map((task) => <Row key={task.id} task={task} chosen={task.id === chosen} choose={choose} />)}
          {after > 0 && <tr aria-hidden="true"><td colSpan={6} style={{ height: `${after}px`, padding: 0 }} /></tr>}
        </tbody>
      </table>
    </div>
  );
}

function Row({ task, chosen, choose }: { task: TaskRow; chosen: boolean; choose: (id: string) => void }) {
  const start = millis(task.started_at);
  const end = millis(task.ended_at) ?? now.value;
  const depth = task.parent ? task.parent.split('.').length : 0;
  return (
    <tr class="link" aria-selected={chosen} onClick={() => choose(task.id)}>
      <td style={{ paddingLeft: `${14 + Math.min(depth, 6) * 18}px` }}><button type="button" data-row class="quiet inline name" onClick={(event) => { event.stopPropagation(); choose(task.id); }}><T>{task.id}</T></button>{task.kind === 'call' && <span class="faint"> call</span>}</td>
      <td><StatusMark status={task.status} /></td>
      <td class="time">{task.started_at ? clockTime(task.started_at) : '–'}</td>
      <td class="time">{start ? span(end - start) : '–'}</td>
      <td class="num">{task.tries || '–'}</td>
      <td class="soft"><div class="clip" title={task.note ?? undefined}><T>{task.note}</T></div></td>
    </tr>
  );
}
