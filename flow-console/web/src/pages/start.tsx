// The form that starts a bake: params with their defaults and descriptions, a name, tags.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { post, segment } from '../api';
import { Crumbs, Empty, Fault, Loading, T, canSteer, useRead } from '../parts';
import { go } from '../router';
import type { FlowPage } from '../types';
import { ParamFields, changedParams } from './run';

export function StartPage({ flow }: { flow: string }) {
  const { data, error } = useRead<FlowPage>(`/flows/${segment(flow)}`);
  useEffect(() => { document.title = `Start ${flow} · Apolo Flow`; }, [flow]);
  if (!data) return error ? <Fault error={error} /> : <Loading />;
  return <>
    <Crumbs to={[['Flows', '/flows'], [flow, `/flows/${segment(flow)}`]]} />
    <div class="head"><div class="grow"><h1><span>Start <T>{data.title ?? flow}</T></span></h1></div></div>
    {data.kind === 'batch' && data.errors === 0
      ? <StartForm flow={flow} data={data} />
      : <Empty title="It cannot be baked.">{data.kind === 'batch' ? <a href={`/flows/${segment(flow)}/source`}>See what is wrong with it</a> : 'It is not a batch.'}</Empty>}
  </>;
}

function StartForm({ flow, data }: { flow: string; data: FlowPage }) {
  const fault = useSignal<unknown>(null);
  const busy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  // The same wish sent twice starts one bake.
  const key = useRef(crypto.randomUUID());
  const start = async (event: Event) => {
    event.preventDefault();
    const fields = new FormData(form.current ?? undefined);
    const tags = String(fields.get('tags') ?? '').split(',').map((tag) => tag.trim()).filter(Boolean);
    busy.value = true;
    try {
      const wish = { flow, params: changedParams(data.params, fields), name: String(fields.get('name') ?? '') || null, tags };
      const started = await post<{ bake: string; attempt: number }>('/bakes', wish, key.current);
      go(`/bakes/${segment(started.bake)}/attempts/${started.attempt}`);
    } catch (reason) {
      fault.value = reason;
      key.current = crypto.randomUUID();
    } finally { busy.value = false; }
  };
  const steer = canSteer();
  return (
    <div class="form stack">
      <Fault error={fault.value} />
      <form class="panel" ref={form} onSubmit={start}>
        {data.params.length > 0 && <fieldset><legend>Params</legend><ParamFields params={data.params} /></fieldset>}
        <fieldset><legend>To find it by</legend>
          <div class="field"><label for="name">Name</label><input id="name" name="name" autocomplete="off" aria-describedby="hint-name" /><div class="hint" id="hint-name">Left empty, its id serves. Of several with one name the newest counts.</div></div>
          <div class="field"><label for="tags">Tags</label><input id="tags" name="tags" autocomplete="off" aria-describedby="hint-tags" /><div class="hint" id="hint-tags">Separated by commas.</div></div>
        </fieldset>
        <div class="actions pad"><button class="primary" type="submit" disabled={busy.value || !steer}>Start the bake</button><a class="button quiet" href={`/flows/${segment(flow)}`}>Back</a>{!steer && <span class="soft">Only an operator may start bakes.</span>}</div>
      </form>
    </div>
  );
}
