// Results that later bakes may take instead of running a task: where each came from, what used it, and forgetting it.

import { post, query, segment } from '../api';
import { Age, Empty, Fault, Loading, T, canSteer, confirmThen, say, useRead } from '../parts';

interface Place { bake: string; attempt: number }
interface Entry { flow: string; task: string; key: string; created_at: string; from: Place | null; uses: number; used_by: Place[] }

/** Asks, forgets, and says how many that were. */
export function forget(what: string, body: object, then?: () => void): void {
  confirmThen(`Forget cached results of ${what}?`, 'The next bake runs these tasks again. Past bakes stay as they are.', 'Forget them', async () => {
    const { cleared } = await post<{ cleared: number }>('/cache/clear', body);
    say(`${cleared} cached ${cleared === 1 ? 'result is' : 'results are'} forgotten.`);
    then?.();
  });
}

export function CacheView({ flow }: { flow: string }) {
  const { data, error, reload } = useRead<{ total: number; entries: Entry[] }>(`/cache${query({ flow })}`);
  if (!data) return error ? <Fault error={error} /> : <Loading rows={3} />;
  if (data.entries.length === 0) return <Empty title="No cached results.">Tasks that succeed leave theirs here, for the next bake that would do the same.</Empty>;
  return <>
    <div class="scroll"><table class="list">
      <thead><tr><th class="wide">Task</th><th>Key</th><th>Made</th><th>By</th><th class="right">Used</th><th><span class="visually-hidden">Actions</span></th></tr></thead>
      <tbody>{data.entries.map((one) => <Line key={`${one.task} ${one.key}`} one={one} reload={reload} />)}</tbody>
    </table></div>
    {data.total > data.entries.length && <div class="pages">{data.entries.length} of {data.total}, the newest</div>}
  </>;
}

function Line({ one, reload }: { one: Entry; reload: () => void }) {
  const to = (place: Place) => `/bakes/${segment(place.bake)}/attempts/${place.attempt}/graph?task=${segment(one.task)}`;
  return (
    <tr>
      <td class="wide"><div class="title"><span class="name" title={one.task}><T>{one.task}</T></span></div></td>
      <td><code class="soft" title={one.key}>{one.key.slice(0, 10)}</code></td>
      <td class="time"><Age at={one.created_at} /></td>
      <td class="nowrap">{one.from ? <a href={to(one.from)} data-row>its bake</a> : <span class="soft">a bake that is gone</span>}</td>
      <td class="num">{one.uses === 0 ? '–' : one.used_by[0] ? <a href={to(one.used_by[0])} title="The newest that used it">{one.uses} ×</a> : `${one.uses} ×`}</td>
      <td class="right"><button type="button" disabled={!canSteer()} aria-label={`Forget the result of ${one.task}`} onClick={() => forget(`${one.task}`, { flow: one.flow, task: one.task, key: one.key }, reload)}>Forget…</button></td>
    </tr>
  );
}
