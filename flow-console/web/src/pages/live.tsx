// A live job: how it stands, where it is reached, what happened to it, what it writes.

import { useEffect } from 'preact/hooks';
import { post, segment } from '../api';
import { listen } from '../live';
import { Age, Copy, Crumbs, External, Fact, Fault, Id, Loading, StatusMark, T, Tabs, Tags, canSteer, confirmThen, say, useRead } from '../parts';
import { fullTime, millis, now, span } from '../time';
import type { LivePage as Page } from '../types';
import { EventsView } from './events';
import { Sources } from './flows';
import { LogView } from './log';
import { RunText, SpecText, Steps } from './task';

const VIEWS = [['overview', 'Overview'], ['log', 'Log'], ['events', 'Events'], ['source', 'Source']] as const;

export function LivePage({ id, view }: { id: string; view: string }) {
  const base = `/live/${segment(id)}`;
  const { data, error, reload } = useRead<Page>(base);
  useEffect(() => {
    let timer = 0;
    const stop = listen((change) => { if (change.live === id) timer ||= window.setTimeout(() => { timer = 0; reload(); }, 80); });
    return () => { stop(); clearTimeout(timer); };
  }, [id]);
  useEffect(() => { if (data) document.title = `${data.title || data.job} · ${data.status} · Apolo Flow`; }, [data?.status]);
  if (!data) return error ? <Fault error={error} /> : <Loading />;
  const ended = data.standing === 'ended';
  return <>
    <Head job={data} base={base} reload={reload} />
    <Fault error={error} />
    <div class="panel">
      <Tabs base={base} views={VIEWS} at={view} />
      {view === 'overview' && <Overview job={data} base={base} ended={ended} />}
      {view === 'log' && <LogView path={`${base}/log`} ended={ended} />}
      {view === 'events' && <EventsView base={base} subject={data.id} />}
      {view === 'source' && <SourceTexts job={data} base={base} />}
    </div>
  </>;
}

function Head({ job, base, reload }: { job: Page; base: string; reload: () => void }) {
  const flow = `/flows/${segment(job.flow)}`;
  const began = millis(job.started_at) ?? millis(job.created_at) ?? now.value;
  const end = millis(job.ended_at) ?? now.value;
  return <>
    <Crumbs to={[['Workloads', '/?kind=live'], [job.flow, flow]]} />
    <div class="head">
      <div class="grow">
        <h1><T>{job.title || job.job}</T> <StatusMark status={job.status} chip /></h1>
        <div class="sub">
          <Fact name="job"><T>{job.job}</T>{job.suffix && <> <T>{job.suffix}</T></>}</Fact>
          <Fact name="by"><T>{job.by}</T></Fact>
          <Fact name="started"><Age at={job.started_at ?? job.created_at} /></Fact>
          <Fact name={job.ended_at ? 'ran for' : 'age'} title={job.ended_at ? `ended ${fullTime(job.ended_at)}` : undefined}>{span(end - began)}</Fact>
          <Left job={job} />
          {job.preset && <Fact name="preset"><T>{job.preset}</T></Fact>}
          <Fact name="executor">{job.executor}</Fact>
          {job.git && <Fact name="git" title={job.git.sha}><code>{job.git.sha.slice(0, 9)}</code> <T>{job.git.branch}</T></Fact>}
          {job.cancelled_by && <Fact name="killed by"><T>{job.cancelled_by}</T></Fact>}
          <Fact name="id"><Id id={job.id} /></Fact>
        </div>
        {(Object.keys(job.params).length > 0) && <div class="sub">{Object.entries(job.params).map(([name, value]) => <span key={name} class="param"><T>{name}</T><code><T>{value}</T></code></span>)}</div>}
        {job.note && job.status === 'pending' && <div class="sub"><T>{job.note}</T></div>}
      </div>
      <Actions job={job} base={base} reload={reload} />
    </div>
  </>;
}

/** How much longer it may run; the clock counts on between two reads. */
function Left({ job }: { job: Page }) {
  if (job.life_left_seconds === null) return null;
  const left = job.life_left_seconds * 1000 - Math.max(0, now.value - Date.parse(job.now));
  return <Fact name="life left" title={job.life_span_seconds === null ? undefined : `of ${span(job.life_span_seconds * 1000)}`}><span data-left>{span(Math.max(0, Math.round(left / 1000)) * 1000)}</span></Fact>;
}

function Actions({ job, base, reload }: { job: Page; base: string; reload: () => void }) {
  const steer = canSteer();
  const why = steer ? undefined : 'Only an operator may do this.';
  const again = `/flows/${segment(job.flow)}/run/${segment(job.job)}`;
  const kill = () => confirmThen(`Kill ${job.title || job.job}?`, 'It is asked to end, and ended if it does not. What it has not saved is lost.', 'Kill the job',
    async () => { await post(`${base}/kill`, {}); say('Asked to end it.'); reload(); });
  const resume = async () => { try { await post(`${base}/resume`, {}); say('An engine takes it up.'); reload(); } catch (error) { say((error as Error).message); } };
  const ended = job.standing === 'ended';
  return (
    <div class="actions">
      {job.url && job.status === 'running' && <External url={job.url} class="button primary" />}
      {job.standing === 'stalled' && <button type="button" class="primary" disabled={!steer} title={why} onClick={resume}>Resume</button>}
      {ended
        ? <a class="button" href={again}>Run again…</a>
        : <button type="button" class="danger" disabled={!steer || job.cancelled_by !== null} title={why} onClick={kill}>{job.cancelled_by ? 'Being killed…' : 'Kill'}</button>}
    </div>
  );
}

function Overview({ job, base, ended }: { job: Page; base: string; ended: boolean }) {
  return (
    <div class="sides">
      <div class="log-side"><LogView path={`${base}/log`} ended={ended} height="min(60vh, 640px)" /></div>
      <div class="facts-side">
        <section><h3>Where it is reached</h3><Reach job={job} /></section>
        <section><h3>Steps</h3><Steps history={job.history} /></section>
        {job.tries.length > 0 && <section><h3>{job.tries.length > 1 ? `Starts (${job.tries.length})` : 'Start'}</h3>
          {job.tries.map((run) => <RunText key={run.number} run={run} log={`${base}/log?try=${run.number}`} many={job.tries.length > 1} word="start" />)}</section>}
        {job.tags.length > 0 && <section><h3>Tags</h3><Tags tags={job.tags} /></section>}
        {job.spec && <section><h3>Definition, evaluated</h3><SpecText spec={job.spec} /></section>}
      </div>
    </div>
  );
}

function Reach({ job }: { job: Page }) {
  const nowhere = !job.url && job.http_port === null && job.port_forward.length === 0;
  return (
    <dl class="kv">
      {nowhere && <><dt>port</dt><dd class="soft">It opens none.</dd></>}
      {job.url && <><dt>address</dt><dd class="value"><External url={job.url} /><Copy text={job.url} what="the address" /></dd></>}
      {job.http_port !== null && <><dt>HTTP port</dt><dd>{job.http_port}</dd></>}
      {job.port_forward.map((one) => <Forward key={one} one={one} />)}
      <dt>restarts</dt><dd>{job.restart.replace('-', ' ')}{job.restarts > 0 && `, ${job.restarts} so far`}</dd>
      <dt>folder</dt><dd><code><T>{job.workspace}</T></code></dd>
    </dl>
  );
}

function Forward({ one }: { one: string }) {
  return <><dt>forwards</dt><dd><code><T>{one}</T></code></dd></>;
}

function SourceTexts({ job, base }: { job: Page; base: string }) {
  return <>{job.sources.map((name, at) => <SourceText key={name} path={`${base}/sources/${at}`} />)}</>;
}

function SourceText({ path }: { path: string }) {
  const { data, error } = useRead<{ name: string; text: string }>(path);
  if (!data) return error ? <Fault error={error} /> : <Loading rows={3} />;
  return <Sources sources={[data]} diagnostics={[]} />;
}

