// End to end: the real program, a real store, real tasks, a real browser.
//
//   node e2e.mjs PATH-OF-APOLO-FLOW [FOLDER-FOR-SCREENSHOTS]
//
// Nothing waits for a time: everything waits for what is to be seen.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const program = path.resolve(process.argv[2] ?? '../../target/debug/apolo-flow');
const shots = process.argv[3] ? path.resolve(process.argv[3]) : null;
const axe = fs.readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'console-e2e-'));
const workspace = path.join(root, 'workspace');
const env = { ...process.env, XDG_DATA_HOME: path.join(root, 'data'), XDG_CONFIG_HOME: path.join(root, 'config'), USER: 'ada' };
fs.mkdirSync(path.join(workspace, '.apolo'), { recursive: true });
const flow = (name, text) => fs.writeFileSync(path.join(workspace, '.apolo', `${name}.yml`), text);

const gate = path.join(root, 'gate');
flow('train', `kind: batch
title: Fraud model
params:
  rate: {default: "0.1", descr: How fast the model learns}
tasks:
  - id: load
    image: python
    env: {API_TOKEN: hush-hush, REGION: eu}
    cmd: bash -c 'printf "\\033[32mok\\033[0m read\\n"; echo "::set-output name=rows::48213"'
  - id: fit
    needs: [load]
    strategy: {matrix: {depth: [4, 6, 8]}}
    image: python
    cmd: bash -c 'echo depth \${{ matrix.depth }} rate \${{ params.rate }}'
  - id: check
    needs: [fit]
    image: python
    cmd: bash -c 'echo checking; echo "ValueError - not good"; test -e ${gate}'
  - {id: report, needs: [check], image: python, cmd: "true"}
`);
flow('slow', `kind: batch
defaults: {fail_fast: false}
tasks:
  - {id: one, needs: [], image: x, cmd: sleep 600}
  - {id: two, needs: [], image: x, cmd: sleep 600}
`);
flow('broken', `kind: batch
tasks:
  - {id: one, image: x, cmd: "echo \${{ params.nope }}"}
  - {id: two, needs: [ones], image: x, cmd: "true"}
`);
const BAD = (number) => `<img src=x onerror=window.hacked=${number}><script>window.hacked=${number}</script>`;
flow('hostile', `kind: batch
title: "${BAD(1)} \\u202Eevil\\a"
params:
  p: {default: "${BAD(2)}", descr: "${BAD(3)} \\e]0;owned\\a"}
tasks:
  - id: shout
    image: "${BAD(4)}"
    env: {X: "${BAD(5)}"}
    cmd: bash -c 'printf "${BAD(6)}\\n\\033]0;owned\\007\\033[2Jwiped \\xe2\\x80\\xaeturned\\n\\xff\\xfe bytes\\n"; head -c 20000 /dev/zero | tr "\\0" A; echo; echo "::set-output name=html::${BAD(7)}"'
`);

const run = promisify(execFile);
const cli = async (...args) => {
  const done = await run(program, args, { cwd: workspace, env }).catch((error) => error);
  return String(done.stdout ?? '');
};
const json = async (...args) => JSON.parse((await cli(...args, '--json')).trim().split('\n').at(-1));

const server = spawn(program, ['console', '--port', '0'], { cwd: workspace, env, stdio: ['ignore', 'pipe', 'inherit'] });
const entrance = await new Promise((resolve, reject) => {
  let text = '';
  server.stdout.on('data', (bytes) => { text += bytes; const found = /http:\/\/\S+/.exec(text); if (found) resolve(found[0]); });
  server.on('exit', (code) => reject(new Error(`the console ended with ${code}`)));
});
const base = new URL(entrance).origin;
const browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, colorScheme: 'light', reducedMotion: 'reduce' });
context.setDefaultTimeout(30_000);
const page = await context.newPage();
const complaints = [];
page.on('console', (message) => { if (['error', 'warning'].includes(message.type()) && !/ 4\d\d /.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`); });
page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
page.on('request', (request) => { if (!request.url().startsWith(base) && !request.url().startsWith('data:')) complaints.push(`asks elsewhere: ${request.url()}`); });

const api = async (to) => {
  const answer = await page.request.get(base + '/api/v1' + to);
  assert.equal(answer.status(), 200, to);
  return answer.json();
};
const status = (id, word) => page.locator(`g.node[data-id="${id}"].st-${word}`).waitFor();

async function judged(name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // As an isolated script of the test, so that the page's own policy stays as it is.
    const session = await context.newCDPSession(page);
    const { frameTree } = await session.send('Page.getFrameTree');
    const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
    await session.send('Runtime.evaluate', { contextId: executionContextId, expression: axe });
    const expression = 'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }).then((r) => JSON.stringify(r.violations.map((v) => [v.id, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " :: " + (n.any[0]?.message ?? ""))])))';
    const { result } = await session.send('Runtime.evaluate', { contextId: executionContextId, expression, awaitPromise: true });
    await session.detach();
    assert.equal(result.value, '[]', `${name}, ${colorScheme}`);
    if (shots) { fs.mkdirSync(shots, { recursive: true }); await page.screenshot({ path: path.join(shots, `${name}-${colorScheme}.png`) }); }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  assert.equal(await page.evaluate(() => window.hacked), undefined, `${name} ran foreign script`);
}

const checks = [];
const check = (name, act) => checks.push([name, act]);
let bake = '';

check('the printed address lets the browser in, and is left at once', async () => {
  await page.goto(entrance);
  await page.getByText('Nothing was baked yet.').waitFor();
  assert.equal(page.url(), base + '/');
  await judged('empty');
});

check('S7: a bake starts from the form, and S5, S9: its tasks move by themselves', async () => {
  await page.goto(base + '/flows/train/start');
  await page.getByText('How fast the model learns').waitFor();
  await judged('start');
  await page.getByLabel('rate').fill('0.5');
  await page.getByLabel('Name').fill('nightly');
  await page.getByLabel('Tags').fill('release, gpu');
  await page.getByRole('button', { name: 'Start the bake' }).click();
  await page.waitForURL(/attempts\/1/);
  bake = /bakes\/([^/]+)/.exec(page.url())[1];
  await status('load', 'succeeded');
  await status('fit-6', 'succeeded');
  await status('check', 'failed');
  await status('report', 'skipped');
  await page.locator('h1 .st-failed').waitFor();
  await judged('bake');
});

check('S8: command, API and page tell the same', async () => {
  const told = await json('inspect', 'nightly');
  const asked = await api(`/bakes/${bake}/attempts/1`);
  const statuses = (tasks) => Object.fromEntries(tasks.map((task) => [task.id, task.status]));
  assert.deepEqual(statuses(told.tasks), statuses(asked.tasks));
  assert.deepEqual(told.bake.attempt.params, asked.attempt.params);
  assert.equal(told.bake.by, asked.bake.by);
  await page.goto(`${base}/bakes/${bake}/attempts/1/table`);
  await page.locator('tbody tr').nth(5).waitFor();
  const seen = await page.locator('tbody tr').evaluateAll((rows) => Object.fromEntries(rows.map((row) => [row.cells[0].innerText.trim(), row.cells[1].innerText.trim()])));
  assert.deepEqual(seen, statuses(told.tasks));
  await judged('table');
});

check('S10, S15: a task is told step by step, with outputs and without secrets', async () => {
  await page.goto(`${base}/bakes/${bake}/attempts/1/graph?task=load`);
  await page.locator('.drawer').getByText('48213', { exact: true }).waitFor();
  const text = await page.locator('.drawer').innerText();
  for (const part of ['pending', 'running', 'succeeded', 'REGION', 'API_TOKEN', 'not shown', 'it had never succeeded']) assert.ok(text.includes(part), part);
  assert.ok(!(await page.content()).includes('hush-hush'));
  await judged('task');
  await page.keyboard.press('Escape');
  await page.locator('.drawer').waitFor({ state: 'detached' });
});

check('the timeline and the events have addresses of their own', async () => {
  await page.goto(`${base}/bakes/${bake}/attempts/1/timeline`);
  await page.locator('.timeline button.row').nth(5).waitFor();
  await judged('timeline');
  await page.goto(`${base}/bakes/${bake}/attempts/1/events`);
  await page.getByText('attempt ended').waitFor();
  await judged('events');
});

check('S11: logs are shown, coloured, searched and linked', async () => {
  await page.goto(`${base}/bakes/${bake}/attempts/1/log?task=check`);
  await page.getByRole('button', { name: 'First error' }).click();
  await page.waitForURL(/#at=9$/);
  await page.locator('.log .line.at', { hasText: 'ValueError' }).waitFor();
  await page.getByLabel('Search the log').fill('CHECKING');
  await page.keyboard.press('Enter');
  await page.locator('.hits button').waitFor();
  await judged('log');
  await page.goto(`${base}/bakes/${bake}/attempts/1/log?task=load`);
  assert.equal(await page.locator('.log .a2').innerText(), 'ok');
});

check('S7: a restart from what failed takes over what succeeded', async () => {
  fs.writeFileSync(gate, '');
  await page.goto(`${base}/bakes/${bake}/attempts/1`);
  await page.getByRole('button', { name: 'Restart from failed' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Restart' }).click();
  await page.waitForURL(/attempts\/2/);
  await status('report', 'succeeded');
  await page.locator('h1 .st-succeeded').waitFor();
  const told = await json('inspect', 'nightly');
  assert.equal(told.bake.attempt.number, 2);
  assert.ok(told.tasks.find((task) => task.id === 'load').taken_from);
});

check('S1: what the command starts shows in the list without a reload', async () => {
  await page.goto(base + '/');
  await page.locator('tbody tr').first().waitFor();
  await page.evaluate(() => { window.same = true; });
  await cli('bake', 'slow', '-n', 'slowly', '--detach');
  await page.locator('tbody tr', { hasText: 'slowly' }).locator('.st-running').waitFor();
  assert.equal(await page.evaluate(() => window.same), true);
  await judged('workloads');
  await page.getByLabel('Search', { exact: true }).fill('slowly');
  await page.getByText('1 workload', { exact: true }).waitFor();
});

check('S13: one task is stopped, and only that one', async () => {
  await page.locator('tbody tr', { hasText: 'slowly' }).getByRole('link').click();
  await status('two', 'running');
  await page.locator('g.node[data-id="one"]').click();
  await page.locator('.drawer').getByRole('button', { name: 'Stop' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Stop the task' }).click();
  await status('one', 'cancelled');
  await status('two', 'running');
});

check('S14: a bake is cancelled, and who did it is recorded', async () => {
  await page.locator('.head').getByRole('button', { name: 'Cancel' }).click();
  await judged('question');
  await page.locator('dialog').getByRole('button', { name: 'Cancel the bake' }).click();
  await status('two', 'cancelled');
  await page.locator('h1 .st-cancelled').waitFor();
  const told = await json('inspect', 'slowly');
  assert.equal(told.bake.attempt.status, 'cancelled');
  assert.equal(told.bake.attempt.cancelled_by, 'ada');
});

check('flows show their graphs and what is wrong with them', async () => {
  await page.goto(base + '/flows');
  await page.getByText('2 errors').waitFor();
  await judged('flows');
  await page.goto(base + '/flows/train');
  await page.locator('g.node[data-id="report"]').waitFor();
  await judged('flow');
  await page.goto(base + '/flows/broken');
  await page.getByText('did you mean').waitFor();
  await judged('broken');
  await page.goto(base + '/flows/train/declared');
  await page.getByText('How fast the model learns').waitFor();
  await judged('declared');
});

check('texts made to hurt hurt no page', async () => {
  await cli('bake', 'hostile', '-n', BAD(8), '--tag', BAD(9));
  const { items } = await api('/workloads?flow=hostile');
  const at = `/bakes/${items[0].id}/attempts/1`;
  const places = ['/', '/flows', '/flows/hostile', '/flows/hostile/source', '/flows/hostile/declared', '/flows/hostile/start', `${at}/graph?task=shout`, `${at}/timeline`, `${at}/table?find=${encodeURIComponent(BAD(10))}`, `${at}/events`, `${at}/log?task=shout`, `/${encodeURIComponent(BAD(11))}`];
  for (const to of places) {
    await page.goto(base + to);
    await page.locator('main > *').first().waitFor();
    await page.waitForLoadState('load');
    await judged(`hostile${places.indexOf(to)}`);
  }
  await page.goto(base + `${at}/log?task=shout`);
  await page.locator('.log .line').first().waitFor();
  const text = await page.locator('.log').innerText();
  assert.ok(text.includes('⟨U+202E⟩') && !text.includes('\u202e') && !text.includes('\u001b'), 'what hides is shown');
});

check('the keyboard alone reaches a task of the graph', async () => {
  await page.goto(`${base}/bakes/${bake}/attempts/2/graph`);
  await page.locator('g.node[data-id="load"]').focus();
  await page.keyboard.press('Enter');
  await page.locator('.drawer h2', { hasText: 'load' }).waitFor();
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Search tasks');
});

check('a browser that leaves is out, and the form lets it in again', async () => {
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.locator('#token').waitFor();
  await judged('enter');
  const tokens = fs.readFileSync(path.join(root, 'data', 'apolo-flow', 'console-tokens'), 'utf8');
  await page.fill('#token', /viewer = (\w+)/.exec(tokens)[1]);
  await page.getByRole('button', { name: 'Come in' }).click();
  await page.getByText('ada · viewer').waitFor();
  await page.goto(`${base}/bakes/${bake}/attempts/2`);
  assert.equal(await page.getByRole('button', { name: 'Run all again' }).isDisabled(), true);
});

check('no page asks elsewhere, breaks its policy or complains', async () => { assert.deepEqual(complaints, []); });

const begin = process.hrtime.bigint();
let failed = 0;
for (const [name, act] of checks) {
  try { await act(); console.log(`ok      ${name}`); } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
    if (shots) await page.screenshot({ path: path.join(shots, `failed-${failed}.png`) }).catch(() => {});
  }
}
await browser.close();
server.kill('SIGINT');
console.log(`${checks.length - failed} passed, ${failed} failed in ${(Number(process.hrtime.bigint() - begin) / 1e9).toFixed(1)}s`);
process.exitCode = failed ? 1 : 0;
if (!failed) fs.rmSync(root, { recursive: true, force: true });
