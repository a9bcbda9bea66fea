// End to end: the real program, a real store, real tasks and jobs, a real browser. S1 to S16 are the console's stories.
//
//   node e2e.mjs PATH-OF-APOLO-FLOW [FOLDER-FOR-SCREENSHOTS]
//
// Nothing waits for a time: everything waits for what is to be seen.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { BAD } from './e2e/flows.mjs';
import { begin } from './e2e/kit.mjs';

const program = path.resolve(process.argv[2] ?? '../../target/debug/apolo-flow');
const shots = process.argv[3] ? path.resolve(process.argv[3]) : null;
const kit = await begin(program, shots);
const { page, base, root, marks, port, cli, json, api, go, status, head, judged } = kit;

const checks = [];
const check = (name, act) => checks.push([name, act]);
const drawer = page.locator('.drawer');
const ask = (button, yes) => page.locator('.head').getByRole('button', { name: button }).click().then(() => page.locator('dialog').getByRole('button', { name: yes }).click());
/** The page is marked; a reload would take the mark away. */
const mark = () => page.evaluate(() => { window.same = true; });
const unbroken = async () => assert.equal(await page.evaluate(() => window.same), true, 'the page was loaded anew');
const idOf = () => /(?:bakes|live)\/([^/?]+)/.exec(page.url())[1];
let bake = '';

check('the printed address lets the browser in, and is left at once', async () => {
  await page.goto(kit.entrance);
  await page.getByText('Nothing has run yet.').waitFor();
  assert.equal(page.url(), base + '/');
  await judged('empty');
});

check('S1: the list shows bakes and live jobs as they come, within a second, filtered as one likes', async () => {
  await mark();
  // When the row is there, by the browser's own clock.
  const seen = (name) => page.evaluate((text) => new Promise((resolve) => {
    const look = () => { if (document.querySelector('tbody')?.textContent.includes(text)) { watch.disconnect(); resolve(Date.now()); } };
    const watch = new MutationObserver(look);
    watch.observe(document.body, { childList: true, subtree: true, characterData: true });
    look();
  }), name);
  const bakeSeen = seen('slowly');
  await cli('bake', 'slow', '-n', 'slowly', '--detach');
  const at = await bakeSeen;
  const { items } = await api('/workloads?kind=bake');
  assert.ok(at - Date.parse(items[0].created_at) < 1000, `a bake was seen after ${at - Date.parse(items[0].created_at)} ms`);
  const jobSeen = seen('first');
  await cli('run', 'explore', '-s', 'first', '--detach');
  const jobAt = await jobSeen;
  const live = await api('/workloads?kind=live');
  assert.ok(jobAt - Date.parse(live.items[0].created_at) < 1000, `a job was seen after ${jobAt - Date.parse(live.items[0].created_at)} ms`);
  await page.locator('tbody tr', { hasText: 'slowly' }).locator('.st-running').waitFor();
  await page.locator('tbody tr', { hasText: 'Try one thing' }).locator('.st-running').waitFor();
  await judged('workloads');
  await page.getByRole('button', { name: 'Live jobs' }).click();
  await page.getByText('1 workload', { exact: true }).waitFor();
  assert.equal(await page.locator('tbody tr').count(), 1);
  await page.getByRole('button', { name: 'All' }).click();
  await page.getByLabel('Search', { exact: true }).fill('slowly');
  await page.getByText('1 workload', { exact: true }).waitFor();
  await page.getByLabel('Status').selectOption('failed');
  await page.getByText('Nothing fits these filters.').waitFor();
  await unbroken();
});

check('S2: a live job: status, age, what is left of its life, port and address, history, log', async () => {
  await cli('run', 'serve', '--detach', '-p', 'greeting', 'good day');
  const { items } = await api('/workloads?kind=live&text=serve');
  await go(`/live/${items[0].id}`);
  await head('running');
  const left = page.locator('[data-left]');
  const before = await left.innerText();
  await page.waitForFunction((text) => document.querySelector('[data-left]')?.textContent !== text, before);
  const link = page.locator('.head a.external');
  assert.equal(await link.getAttribute('href'), `http://localhost:${port}`);
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
  await page.locator('.log .line', { hasText: `serving ${port}` }).waitFor();
  const text = await page.locator('main').innerText();
  for (const part of ['serve', 'by\nada', 'good day', String(port), 'pending for', 'running for', 'GREETING', 'python:3.11-slim', 'main']) assert.ok(text.replaceAll(/\s*\n\s*/g, '\n').includes(part) || text.includes(part), part);
  await judged('live');
  for (const view of ['log', 'events', 'source']) {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view[0].toUpperCase() + view.slice(1) }).click();
    await page.waitForURL(new RegExp(`/${view}$`));
    await judged(`live-${view}`);
  }
});

check('S3: a bake: attempts, params, commit, who, how long, counts', async () => {
  await cli('bake', 'train', '-n', 'nightly', '--tag', 'release', '-p', 'rate', '0.5');
  const told = await json('inspect', 'nightly');
  bake = told.bake.id;
  await go('/bakes/nightly');
  await head('failed');
  const text = (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ');
  for (const part of ['nightly', 'by ada', '0.5', 'release', told.bake.git.sha.slice(0, 9), 'main', 'local', '1 failed', '4 succeeded', '1 skipped', '6 of 6 tasks']) assert.ok(text.includes(part), part);
  await page.getByRole('button', { name: '1 failed' }).click();
  await page.waitForURL(/find=failed/);
  await judged('bake');
});

check('S4: the life of a job is pushed: run from its form, killed by the command', async () => {
  await go('/flows/live/run/explore');
  await page.getByText('How deep to look').waitFor();
  await page.getByLabel('depth').fill('5');
  await page.getByLabel('Suffix').fill('pushed');
  await page.getByLabel('Arguments').fill('light "full moon"');
  await page.getByText('It gets 2 words').waitFor();
  await judged('run');
  await page.getByRole('button', { name: 'Run the job' }).click();
  await page.waitForURL(/\/live\/job-/);
  await mark();
  await head('running');
  await page.locator('.log .line', { hasText: 'depth 5 of light' }).waitFor();
  await cli('kill', 'explore', 'pushed');
  await head('cancelled');
  await page.locator('.facts-side .steps li', { hasText: 'cancelled' }).waitFor();
  await unbroken();
  const told = await json('status', 'explore', 'pushed');
  assert.deepEqual([told.id, told.status, told.params], [idOf(), 'cancelled', { depth: '5' }]);
});

check('S5: the life of a task is pushed, each try apart', async () => {
  await go('/flows/flaky/start');
  await page.getByRole('button', { name: 'Start the bake' }).click();
  await page.waitForURL(/attempts\/1/);
  await mark();
  await status('again', 'succeeded');
  await page.locator('g.node[data-id="again"]').click();
  await drawer.getByText('try 2').waitFor();
  const runs = await drawer.locator('.kv.run').allInnerTexts();
  assert.equal(runs.length, 2);
  assert.ok(/try 1\s+failed/.test(runs[0]) && /exit code\s+3/.test(runs[0]), runs[0]);
  assert.ok(/try 2\s+succeeded/.test(runs[1]) && /exit code\s+0/.test(runs[1]), runs[1]);
  await unbroken();
  await drawer.locator('.kv.run').first().getByRole('link', { name: 'log' }).click();
  await page.locator('.log .line', { hasText: 'first try' }).waitFor();
  await page.getByRole('navigation', { name: 'Tries' }).getByRole('link', { name: '2' }).click();
  await page.locator('.log .line', { hasText: 'second try' }).waitFor();
});

check('S6: counts roll up, the rest of the time is known within a fifth, the critical path is drawn', async () => {
  for (let time = 0; time < 3; time += 1) await cli('bake', 'steady');
  await cli('bake', 'steady', '-n', 'fourth', '--detach');
  await go('/bakes/fourth');
  await page.getByText(/about .* left/).waitFor();
  const at = `/bakes/${idOf()}/attempts/1`;
  const asked = Date.now();
  const estimate = await api(`${at}/estimate`);
  assert.deepEqual(estimate.path, ['first', 'second', 'third']);
  await page.getByRole('button', { name: 'Critical path' }).click();
  await page.locator('.edge.path').nth(1).waitFor({ state: 'attached' });
  assert.equal(await page.locator('.edge.path').count(), 2);
  await judged('critical');
  await head('succeeded');
  await page.getByText('4 of 4 tasks').waitFor();
  await page.getByRole('button', { name: '4 succeeded' }).waitFor();
  const { attempt } = await api(at);
  const took = (Date.parse(attempt.ended_at) - Date.parse(attempt.created_at)) / 1000;
  const rest = (Date.parse(attempt.ended_at) - asked) / 1000;
  console.log(`        expected ${estimate.remaining_seconds.toFixed(2)} s more, it took ${rest.toFixed(2)} s of ${took.toFixed(2)} s`);
  assert.ok(Math.abs(estimate.remaining_seconds - rest) < 0.2 * took, 'the estimate is more than a fifth off');
});

check('S7: a bake is run from its form, restarted from what failed, run again, cancelled', async () => {
  await go('/flows/train/start');
  await page.getByText('How fast the model learns').waitFor();
  await judged('start');
  await page.getByLabel('rate').fill('0.7');
  await page.getByLabel('Name').fill('by hand');
  await page.getByLabel('Tags').fill('release, gpu');
  await page.getByRole('button', { name: 'Start the bake' }).click();
  await page.waitForURL(/attempts\/1/);
  await head('failed');
  fs.writeFileSync(marks.gate, '');
  await ask('Restart from failed', 'Restart');
  await page.waitForURL(/attempts\/2/);
  await head('succeeded');
  const told = await json('inspect', 'by hand');
  assert.equal(told.bake.attempt.number, 2);
  assert.deepEqual([told.bake.attempt.params.rate, told.bake.tags], ['0.7', ['release', 'gpu']]);
  assert.ok(told.tasks.find((task) => task.id === 'load').taken_from);
  await ask('Run all again', 'Run all');
  await page.waitForURL(/attempts\/3/);
  await head('succeeded');
  assert.equal((await json('inspect', 'by hand')).tasks.find((task) => task.id === 'load').taken_from, null);
  await cli('bake', 'steady', '-n', 'stopped', '--detach');
  await go('/bakes/stopped');
  await ask('Cancel', 'Cancel the bake');
  await head('cancelled');
  assert.equal((await json('inspect', 'stopped')).bake.attempt.status, 'cancelled');
});

check('S8: command, API and page tell the same values', async () => {
  const told = await json('inspect', 'nightly');
  const at = `/bakes/${bake}/attempts/1`;
  const asked = await api(at);
  const facts = (tasks, tries) => Object.fromEntries(tasks.map((task) => [task.id, [task.status, tries(task)]]));
  assert.deepEqual(facts(told.tasks, (task) => task.tries.length), facts(asked.tasks, (task) => task.tries));
  assert.deepEqual([told.bake.attempt.params, told.bake.by, told.bake.git, told.bake.tags], [asked.attempt.params, asked.bake.by, asked.bake.git, asked.bake.tags]);
  await go(`${at}/table`);
  await page.locator('tbody tr').nth(5).waitFor();
  const rows = await page.locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
  const number = (text) => (text === '–' ? 0 : Number(text));
  assert.deepEqual(Object.fromEntries(rows.map((cells) => [cells[0], [cells[1], number(cells[4])]])), facts(told.tasks, (task) => task.tries.length));
  const millis = (text) => { const [, value, unit] = /^([\d.]+) (ms|s)$/.exec(text) ?? []; return Number(value) * (unit === 's' ? 1000 : 1); };
  for (const task of told.tasks.filter((one) => one.tries.length > 0)) {
    const last = task.tries.at(-1);
    const took = Date.parse(last.ended_at) - Date.parse(last.started_at);
    const seen = millis(rows.find((cells) => cells[0] === task.id)[3]);
    assert.ok(Math.abs(seen - took) <= (took < 1000 ? 0.5 : 50), `${task.id}: ${seen} ms on the page, ${took} ms told`);
  }
  for (const task of told.tasks) assert.deepEqual((await api(`${at}/tasks/${task.id}`)).outputs, task.outputs);
  await judged('table');
  const jobs = (await json('ps')).jobs.filter((job) => job.id);
  const live = Object.fromEntries((await api('/workloads?kind=live')).items.map((one) => [one.id, one]));
  await go('/?kind=live');
  for (const job of jobs) {
    assert.deepEqual([job.status, job.url, job.by, job.suffix], [live[job.id].status, live[job.id].url, live[job.id].by, live[job.id].suffix]);
    await page.locator(`tr:has(a[href="/live/${job.id}"]) .st-${job.status}`).waitFor();
  }
});

check('S9: the graph shows each status, folds calls and groups, and greys what has not run', async () => {
  await go('/bakes/slowly');
  await status('behind', 'pending');
  await cli('bake', 'nested', '-n', 'nested');
  await go('/bakes/nested');
  await status('model.judge', 'succeeded');
  await status('never', 'skipped');
  const group = page.locator('g.node[data-id="many"]');
  assert.match(await group.getAttribute('aria-label'), /40 rows, 40 succeeded/);
  const told = await json('inspect', 'nested');
  for (const task of told.tasks.filter((one) => !one.group)) await status(task.id, task.status);
  await judged('nested');
  await page.locator('g.node[data-id="model"]').dblclick({ position: { x: 12, y: 12 } });
  await page.locator('g.node[data-id="model.judge"]').waitFor({ state: 'detached' });
  await page.waitForURL(/closed=model/);
  await page.locator('g.node[data-id="model"]').focus();
  await page.keyboard.press('Space');
  await status('model.judge', 'succeeded');
  await page.getByRole('button', { name: 'Open groups' }).click();
  await status('many-39', 'succeeded');
  await page.getByLabel('Search tasks').fill('many-17');
  await page.locator('g.node.dim[data-id="prepare"]').waitFor();
  await cli('bake', 'nested', '-n', 'cached');
  await go('/bakes/cached');
  await status('prepare', 'cached');
  assert.notEqual(await page.locator('g.node[data-id="prepare"] .box').evaluate((box) => getComputedStyle(box).strokeDasharray), 'none');
});

check('S10: a task is told step by step: why, times, definition and what its expressions came to, without secrets', async () => {
  await go(`/bakes/${bake}/attempts/1/graph?task=load`);
  await drawer.getByText('48213', { exact: true }).waitFor();
  await drawer.locator('.came-to', { hasText: 'params.rate' }).waitFor();
  const text = await drawer.innerText();
  for (const part of ['pending for', 'running for', 'succeeded', 'exit code', 'REGION', 'API_TOKEN', 'not shown', 'it had never succeeded']) assert.ok(text.includes(part), `${part} in: ${text}`);
  assert.ok(!(await page.content()).includes('hush-hush'));
  await judged('task');
  await go(`/bakes/${bake}/attempts/1/graph?task=fit-6`);
  const came = (expression) => drawer.locator('.came-to', { hasText: expression }).locator('code').nth(1).innerText();
  assert.deepEqual([await came('matrix.depth'), await came('needs.load.outputs.rows'), await came('params.rate')], ['6', '48213', '0.5']);
  await drawer.locator('section', { hasText: 'Expressions' }).scrollIntoViewIfNeeded();
  await judged('expressions');
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
});

check('S11: logs are shown, coloured, searched, followed and linked', async () => {
  await go(`/bakes/${bake}/attempts/1/log?task=check`);
  await page.getByRole('button', { name: 'First error' }).click();
  await page.waitForURL(/#at=9$/);
  await page.locator('.log .line.at', { hasText: 'ValueError' }).waitFor();
  await page.getByLabel('Search the log').fill('CHECKING');
  await page.keyboard.press('Enter');
  await page.locator('.hits button').waitFor();
  await judged('log');
  await go(`/bakes/${bake}/attempts/1/log?task=load`);
  await page.locator('.log .a2', { hasText: 'ok' }).waitFor();
  const { items } = await api('/workloads?kind=live&text=serve');
  await go(`/live/${items[0].id}/log`);
  await page.locator('.log .line', { hasText: 'serving' }).waitFor();
  await fetch(`http://localhost:${port}/`);
  await page.locator('.log .line', { hasText: '"GET / HTTP/1.1" 200' }).waitFor();
  await page.getByRole('button', { name: 'Times' }).click();
  const time = page.locator('.log .line', { hasText: 'serving' }).locator('time');
  await time.waitFor();
  assert.ok(Math.abs(Date.parse(await time.getAttribute('datetime')) - Date.parse(items[0].started_at)) < 5000, 'about when it began');
  await judged('log-times');
  await page.getByRole('button', { name: 'Times' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
  assert.ok(fs.readFileSync(await download.path(), 'utf8').startsWith(`serving ${port}`));
});

check('S12: a job is killed, after a question, and who did it is recorded', async () => {
  const { items } = await api('/workloads?kind=live&text=first');
  await go(`/live/${items[0].id}`);
  await head('running');
  await page.locator('.head').getByRole('button', { name: 'Kill' }).click();
  await judged('kill');
  await page.locator('dialog').getByRole('button', { name: 'Leave it' }).click();
  await head('running');
  await ask('Kill', 'Kill the job');
  await head('cancelled');
  await page.getByText('killed by').waitFor();
  const told = (await json('ps')).jobs.find((job) => job.id === items[0].id);
  assert.equal(told.status, 'cancelled');
  assert.equal(told.cancelled_by, (await api('/about')).user);
});

check('S13: one task is stopped, and only that one; fail_fast and always() hold', async () => {
  await go('/bakes/slowly');
  await status('two', 'running');
  await page.locator('g.node[data-id="one"]').click();
  await drawer.getByRole('button', { name: 'Stop' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Stop the task' }).click();
  await status('one', 'cancelled');
  await status('behind', 'skipped');
  await status('anyway', 'succeeded');
  assert.ok(fs.existsSync(marks.anyway));
  await status('two', 'running');
  const told = await json('inspect', 'slowly');
  assert.equal(told.tasks.find((task) => task.id === 'two').status, 'running');
});

check('S14: the pipeline is killed: post tasks run, its status is cancelled, who did it is recorded', async () => {
  await go('/flows/posted/start');
  await page.getByRole('button', { name: 'Start the bake' }).click();
  await page.waitForURL(/attempts\/1/);
  await status('work', 'running');
  await page.locator('.head').getByRole('button', { name: 'Cancel' }).click();
  await judged('question');
  await page.locator('dialog').getByRole('button', { name: 'Cancel the bake' }).click();
  await status('work', 'cancelled');
  await status('post-hold', 'succeeded');
  await head('cancelled');
  assert.equal(fs.readFileSync(marks['let-go'], 'utf8'), 'let go\n');
  const told = await json('inspect', idOf());
  assert.deepEqual([told.bake.attempt.status, told.bake.attempt.cancelled_by], ['cancelled', (await api('/about')).user]);
  await go('/bakes/slowly');
  await ask('Cancel', 'Cancel the bake');
  await head('cancelled');
});

check('S15: the outputs of each step, as typed values to copy', async () => {
  const told = await json('inspect', 'nested');
  for (const task of told.tasks.filter((one) => Object.keys(one.outputs).length > 0)) {
    await go(`/bakes/nested/attempts/1/table?task=${task.id}`);
    for (const [name, value] of Object.entries(task.outputs)) await drawer.locator('section', { hasText: 'Outputs' }).locator(`dt:has-text("${name}") + dd`, { hasText: value }).waitFor();
  }
  await go(`/bakes/${bake}/attempts/1/table?task=load`);
  const outputs = drawer.locator('section', { hasText: 'Outputs' });
  await outputs.locator('dd', { hasText: '48213' }).getByText('integer').waitFor();
  await outputs.locator('dd', { hasText: 'columns' }).getByText('JSON').waitFor();
  await outputs.getByRole('button', { name: 'Copy rows' }).click();
  await page.getByText('Copied.').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '48213');
  await go('/bakes/cached/attempts/1/table?task=model.judge');
  await drawer.locator('dd', { hasText: '0.93' }).first().waitFor();
});

check('S16: the fraud story, from the start form to a model that serves', async () => {
  // What was started by hand makes room for what `deploy` starts.
  await cli('kill', 'serve');
  await go('/flows');
  await page.getByRole('link', { name: 'fraud', exact: true }).click();
  await page.getByRole('link', { name: 'Start…' }).click();
  await page.getByLabel('transactions').fill('1500');
  await page.getByLabel('Name').fill('story');
  await page.getByRole('button', { name: 'Start the bake' }).click();
  await page.waitForURL(/attempts\/1/);
  await status('deploy', 'succeeded');
  await head('succeeded');
  await judged('story');
  await page.locator('g.node[data-id="select"]').click();
  await drawer.locator('dd', { hasText: '"precision"' }).first().waitFor();
  await page.getByRole('link', { name: 'Workloads' }).first().click();
  const row = page.locator('tbody tr', { hasText: 'Score transactions' }).filter({ has: page.locator('.st-running') });
  await row.getByRole('link', { name: 'Score transactions' }).click();
  await head('running');
  const url = await page.locator('.head a.external').getAttribute('href');
  await page.locator('.log .line', { hasText: 'serving' }).waitFor();
  const { model } = await (await fetch(url)).json();
  assert.ok(model.precision > 0.5, JSON.stringify(model));
  const score = async (amount, hour) => (await (await fetch(url, { method: 'POST', body: JSON.stringify({ amount, hour }) })).json()).fraud;
  assert.deepEqual([await score(400, 23.9), await score(20, 12)], [true, false]);
  await page.locator('.log .line', { hasText: 'POST / HTTP/1.1' }).first().waitFor();
});

check('the timeline and the events have addresses of their own', async () => {
  await go('/bakes/story/attempts/1/timeline');
  await page.locator('.timeline button.row').nth(5).waitFor();
  await judged('timeline');
  await go(`/bakes/${bake}/attempts/1/events`);
  await page.getByText('attempt ended').waitFor();
  await page.getByText('6 nodes').click();
  await judged('events');
});

check('flows show their graphs, their jobs, and what is wrong with them', async () => {
  await go('/flows');
  await page.getByText('2 errors').waitFor();
  await judged('flows');
  await go('/flows/train');
  await page.locator('g.node[data-id="report"].st-none').waitFor();
  await judged('flow');
  await go('/flows/broken');
  await page.getByText('did you mean').waitFor();
  await judged('broken');
  await go('/flows/train/declared');
  await page.getByText('How fast the model learns').waitFor();
  await judged('declared');
  await go('/flows/nested/cache');
  const kept = page.locator('tbody tr', { hasText: 'prepare' });
  await kept.getByText('1 ×').waitFor();
  await judged('cache');
  await kept.getByRole('button', { name: 'Forget the result of prepare' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Forget them' }).click();
  await kept.waitFor({ state: 'detached' });
  assert.equal((await api('/cache?flow=nested&task=prepare')).total, 0);
  await go('/flows/live/jobs');
  await page.getByRole('link', { name: 'serve' }).first().waitFor();
  await judged('jobs');
});

check('texts made to hurt hurt no page', async () => {
  await cli('bake', 'hostile', '-n', BAD(8), '--tag', BAD(9));
  const { items } = await api('/workloads?flow=hostile');
  const at = `/bakes/${items[0].id}/attempts/1`;
  const places = ['/', '/flows', '/flows/hostile', '/flows/hostile/source', '/flows/hostile/declared', '/flows/hostile/start', `${at}/graph?task=shout`, `${at}/timeline`, `${at}/table?find=${encodeURIComponent(BAD(10))}`, `${at}/events`, `${at}/log?task=shout`, `/${encodeURIComponent(BAD(11))}`, `/live/${encodeURIComponent(BAD(12))}`];
  for (const to of places) {
    await go(to);
    await page.locator('main > *:not(.loading)').first().waitFor();
    await page.waitForLoadState('load');
    await judged(`hostile${places.indexOf(to)}`);
  }
  await go(`${at}/log?task=shout`);
  await page.locator('.log .line').first().waitFor();
  const text = await page.locator('.log').innerText();
  assert.ok(text.includes('⟨U+202E⟩') && !text.includes('\u202e') && !text.includes('\u001b'), 'what hides is shown');
});

check('the keyboard alone goes everywhere', async () => {
  await go('/');
  await page.locator('tbody tr').first().waitFor();
  await page.keyboard.press('?');
  await page.locator('dialog', { hasText: 'Next and previous row' }).waitFor();
  await judged('keys');
  await page.keyboard.press('Escape');
  await page.getByLabel('Flow', { exact: true }).selectOption('train');
  await page.getByText('2 workloads', { exact: true }).waitFor();
  await page.locator('h1').click();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(/bakes\/.*attempts/);
  assert.equal(idOf(), bake);
  await head('failed');
  await page.keyboard.press('3');
  await page.waitForURL(/\/table/);
  await page.locator('tbody tr').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.locator('.drawer h2', { hasText: 'load' }).waitFor();
  await page.keyboard.press('1');
  await page.locator('g.node[data-id="check"]').focus();
  await page.keyboard.press('Enter');
  await page.locator('.drawer h2', { hasText: 'check' }).waitFor();
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Search tasks');
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('f');
  await page.getByRole('heading', { name: 'Flows' }).waitFor();
});

check('narrow windows show all without a scroll to the side', async () => {
  await page.setViewportSize({ width: 420, height: 860 });
  const { items } = await api('/workloads?kind=live');
  for (const [name, to] of [['workloads', '/'], ['bake', '/bakes/story/attempts/1/graph'], ['task', '/bakes/story/attempts/1/table?task=select'], ['live', `/live/${items[0].id}`], ['flow', '/flows/fraud'], ['start', '/flows/fraud/start']]) {
    await go(to);
    await page.locator('main .panel').first().waitFor();
    await judged(`narrow-${name}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${to} is wider than the window`);
  }
  await page.setViewportSize({ width: 1360, height: 860 });
});

check('a browser that leaves is out, and the form lets it in again', async () => {
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.locator('#token').waitFor();
  await judged('enter');
  const tokens = fs.readFileSync(path.join(root, 'data', 'apolo-flow', 'console-tokens'), 'utf8');
  await page.fill('#token', /viewer = (\w+)/.exec(tokens)[1]);
  await page.getByRole('button', { name: 'Come in' }).click();
  await page.getByText('ada · viewer').waitFor();
  await go(`/bakes/by%20hand/attempts/3/graph`);
  assert.equal(await page.getByRole('button', { name: 'Run all again' }).isDisabled(), true);
  await go('/flows/live/run/explore');
  assert.equal(await page.getByRole('button', { name: 'Run the job' }).isDisabled(), true);
});

check('no page asks elsewhere, breaks its policy or complains', async () => { assert.deepEqual(kit.complaints, []); });

check('the page weighs less than 1 MB', async () => {
  const folder = new URL('../assets/', import.meta.url);
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const weight = files.reduce((sum, one) => sum + fs.statSync(path.join(one.parentPath ?? one.path, one.name)).size, 0);
  console.log(`        ${files.length} files, ${(weight / 1024).toFixed(1)} KB`);
  assert.ok(weight < 1_000_000);
});

const only = process.env.ONLY ? new RegExp(process.env.ONLY) : null;
const begun = process.hrtime.bigint();
const wanted = checks.filter(([name]) => !only || only.test(name));
let failed = 0;
for (const [name, act] of wanted) {
  try { await act(); console.log(`ok      ${name}`); } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
    if (shots) await page.screenshot({ path: path.join(shots, `failed-${failed}.png`) }).catch(() => {});
  }
}
await kit.end();
console.log(`${wanted.length - failed} passed, ${failed} failed in ${(Number(process.hrtime.bigint() - begun) / 1e9).toFixed(1)}s`);
process.exitCode = failed ? 1 : 0;
// The supervisor of the tasks goes a moment after the last of them.
if (!failed) fs.rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
