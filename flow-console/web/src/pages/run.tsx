// The form that runs a live job: its params with their defaults and descriptions; of a multi job which one, and its words.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { post, segment } from '../api';
import { Crumbs, Empty, Fault, Loading, T, canSteer, say, useRead } from '../parts';
import { go } from '../router';
import type { FlowPage, Job, LiveStarted, Param } from '../types';

/** A field for each param. What is left as it is takes the default when the thing is made, expressions and all. */
export function ParamFields({ params }: { params: Param[] }) {
  return <>{params.map((param) => (
    <div class="field" key={param.name}>
      <label for={`param-${param.name}`}><T>{param.name}</T>{param.default === null && <span class="needed"> needed</span>}</label>
      <input id={`param-${param.name}`} name={`param ${param.name}`} defaultValue={param.default ?? ''} required={param.default === null} aria-describedby={param.descr ? `hint-${param.name}` : undefined} spellcheck={false} autocomplete="off" class="mono" />
      {param.descr && <div class="hint" id={`hint-${param.name}`}><T>{param.descr}</T></div>}
    </div>))}</>;
}

export function changedParams(params: Param[], fields: FormData): Record<string, string> {
  const text = (name: string) => String(fields.get(`param ${name}`) ?? '');
  return Object.fromEntries(params.filter((param) => text(param.name) !== (param.default ?? '')).map((param) => [param.name, text(param.name)]));
}

/** The words of a line: blanks part them, quotes keep them together, a backslash takes the next letter as it is. */
export function words(line: string): string[] {
  const found: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? '';
    if (quote) { if (letter === quote) quote = ''; else word = (word ?? '') + letter; }
    else if (letter === '"' || letter === "'") { quote = letter; word ??= ''; }
    else if (letter === '\\' && at + 1 < line.length) { at += 1; word = (word ?? '') + (line[at] ?? ''); }
    else if (/\s/.test(letter)) { if (word !== null) found.push(word); word = null; }
    else word = (word ?? '') + letter;
  }
  if (word !== null) found.push(word);
  return found;
}

export function RunPage({ flow, job: wanted }: { flow: string; job: string }) {
  const { data, error } = useRead<FlowPage>(`/flows/${segment(flow)}`);
  useEffect(() => { document.title = `Run ${wanted} · Apolo Flow`; }, [wanted]);
  if (!data) return error ? <Fault error={error} /> : <Loading />;
  const job = data.jobs.find((one) => one.id === wanted);
  return <>
    <Crumbs to={[['Flows', '/flows'], [flow, `/flows/${segment(flow)}`]]} />
    <div class="head"><div class="grow"><h1><span>Run <T>{job?.title || wanted}</T></span></h1></div></div>
    {!job && <Empty title="This flow has no such job."><a href={`/flows/${segment(flow)}`}>See what it has</a></Empty>}
    {job && !job.ok && <Empty title="It cannot be run."><a href={`/flows/${segment(flow)}/source`}>See what is wrong with it</a></Empty>}
    {job?.ok && <RunForm flow={flow} job={job} />}
  </>;
}

function RunForm({ flow, job }: { flow: string; job: Job }) {
  const fault = useSignal<unknown>(null);
  const busy = useSignal(false);
  const line = useSignal('');
  const form = useRef<HTMLFormElement>(null);
  // The same wish sent twice runs one job.
  const key = useRef(crypto.randomUUID());
  const steer = canSteer();
  const run = async (event: Event) => {
    event.preventDefault();
    const fields = new FormData(form.current ?? undefined);
    busy.value = true;
    try {
      const more = job.multi ? { suffix: String(fields.get('suffix') ?? '').trim() || null, args: words(line.value) } : {};
      const started = await post<LiveStarted>('/live', { flow, job: job.id, params: changedParams(job.params, fields), ...more }, key.current);
      if (!started.is_new) say('It runs already: this is it.');
      go(`/live/${segment(started.id)}`);
    } catch (reason) {
      fault.value = reason;
      key.current = crypto.randomUUID();
    } finally { busy.value = false; }
  };
  const args = words(line.value);
  return (
    <div class="form stack">
      <Fault error={fault.value} />
      <form class="panel" ref={form} onSubmit={run}>
        {job.params.length === 0 && !job.multi && <p class="soft pad">It has no params.</p>}
        {job.params.length > 0 && <fieldset><legend>Params</legend><ParamFields params={job.params} /></fieldset>}
        {job.multi && <fieldset><legend>One of several</legend>
          <div class="field"><label for="suffix">Suffix</label><input id="suffix" name="suffix" autocomplete="off" spellcheck={false} class="mono" aria-describedby="hint-suffix" /><div class="hint" id="hint-suffix">Tells this one from others of the job. Left empty, a fresh one is made.</div></div>
          <div class="field"><label for="args">Arguments</label><input id="args" name="args" autocomplete="off" spellcheck={false} class="mono" value={line.value} onInput={(event) => { line.value = event.currentTarget.value; }} aria-describedby="hint-args" />
            <div class="hint" id="hint-args">{args.length > 0 ? <>It gets {args.length} {args.length === 1 ? 'word' : 'words'}: {args.map((word, at) => <code key={at} class="tag"><T>{word}</T></code>)}</> : 'Words for its command; quotes keep blanks together.'}</div></div>
        </fieldset>}
        <div class="actions pad"><button class="primary" type="submit" disabled={busy.value || !steer}>Run the job</button><a class="button quiet" href={`/flows/${segment(flow)}`}>Back</a>{!steer && <span class="soft">Only an operator may run jobs.</span>}</div>
      </form>
    </div>
  );
}
