// The form that starts a bake: params with their defaults and descriptions, a name, tags.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { post, segment } from '../api';
import { Fault, T, canSteer, useRead } from '../parts';
import { go } from '../router';
import type { FlowPage } from '../types';

export function StartPage({ flow }: { flow: string }) {
  const { data, error } = useRead<FlowPage>(`/flows/${segment(flow)}`);
  const fault = useSignal<unknown>(null);
  const busy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  // The same wish sent twice starts one bake.
  const key = useRef(crypto.randomUUID());
  useEffect(() => { document.title = `Start ${flow} · Apolo Flow`; }, [flow]);
  if (!data) return <Fault error={error} />;
  const start = async (event: Event) => {
    event.preventDefault();
    const fields = new FormData(form.current ?? undefined);
    const text = (name: string) => String(fields.get(name) ?? '');
    // What was left as it is takes the default when the bake is made, expressions and all.
    const given = data.params.filter((param) => text(`param ${param.name}`) !== (param.default ?? ''));
    const params = Object.fromEntries(given.map((param) => [param.name, text(`param ${param.name}`)]));
    const tags = text('tags').split(',').map((tag) => tag.trim()).filter(Boolean);
    busy.value = true;
    try {
      const started = await post<{ bake: string; attempt: number }>('/bakes', { flow, params, name: text('name') || null, tags }, key.current);
      go(`/bakes/${segment(started.bake)}/attempts/${started.attempt}`);
    } catch (reason) {
      fault.value = reason;
      key.current = crypto.randomUUID();
    } finally { busy.value = false; }
  };
  const steer = canSteer();
  return <>
    <div class="head"><div class="grow"><h1>Start <T>{data.title ?? flow}</T></h1><div class="sub"><a href={`/flows/${segment(flow)}`}>What it does</a></div></div></div>
    <div class="form stack">
      <Fault error={fault.value} />
      {data.kind === 'batch' && data.errors === 0 ? (
        <form class="panel pad" ref={form} onSubmit={start}>
          {data.params.map((param) => (
            <div class="field" key={param.name}>
              <label for={`param-${param.name}`}><T>{param.name}</T>{param.default === null && <span class="faint"> (needed)</span>}</label>
              {param.descr && <div class="hint" id={`hint-${param.name}`}><T>{param.descr}</T></div>}
              <input id={`param-${param.name}`} name={`param ${param.name}`} defaultValue={param.default ?? ''} required={param.default === null} aria-describedby={param.descr ? `hint-${param.name}` : undefined} spellcheck={false} autocomplete="off" class="mono" />
            </div>))}
          <div class="field"><label for="name">Name</label><div class="hint">To find it by; the newest of a name counts.</div><input id="name" name="name" autocomplete="off" /></div>
          <div class="field"><label for="tags">Tags</label><div class="hint">Separated by commas.</div><input id="tags" name="tags" autocomplete="off" /></div>
          <div class="actions"><button class="primary" type="submit" disabled={busy.value || !steer}>Start the bake</button>{!steer && <span class="soft">Only an operator may start bakes.</span>}</div>
        </form>
      ) : <div class="empty"><strong>It cannot be baked.</strong>{data.kind === 'batch' ? <a href={`/flows/${segment(flow)}/source`}>See what is wrong with it</a> : 'It is not a batch.'}</div>}
    </div>
  </>;
}
