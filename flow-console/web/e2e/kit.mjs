// What the end-to-end tests have in common: the real program over a real store, and a real browser at its page.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { writeWorkspace } from './flows.mjs';

const axe = fs.readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
export const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const run = promisify(execFile);

async function freePort() {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

/** A workspace that is a git repository, and an environment in which the program is found by its name. */
async function workspaceOf(program) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'console-e2e-'));
  const port = await freePort();
  const { workspace, marks } = writeWorkspace(root, port);
  const env = { ...process.env, XDG_DATA_HOME: path.join(root, 'data'), XDG_CONFIG_HOME: path.join(root, 'config'), USER: 'ada', PATH: `${path.dirname(program)}:${process.env.PATH}` };
  // Enough room for all that runs at the same time here, whatever the machine has.
  fs.mkdirSync(path.join(root, 'config', 'apolo-flow'), { recursive: true });
  fs.writeFileSync(path.join(root, 'config', 'apolo-flow', 'engine.toml'), '[executor]\nslots = 16\n');
  const git = (...args) => run('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], { cwd: workspace });
  await git('init', '--quiet', '--initial-branch', 'main');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'Flows');
  return { root, port, workspace, marks, env };
}

/** Starts the console, and gives what it prints for browsers. */
async function serve(program, { workspace, env }) {
  const server = spawn(program, ['console', '--port', '0'], { cwd: workspace, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const entrance = await new Promise((resolve, reject) => {
    let text = '';
    server.stdout.on('data', (bytes) => { text += bytes; const found = /http:\/\/\S+/.exec(text); if (found) resolve(found[0]); });
    server.on('exit', (code) => reject(new Error(`the console ended with ${code}`)));
  });
  return { server, entrance, base: new URL(entrance).origin };
}

/** Opens a page, and notes whatever a page must not do. */
async function browse(base) {
  const browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, colorScheme: 'light', reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type()) && !/ 4\d\d /.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`); });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('request', (request) => { if (!request.url().startsWith(base) && !request.url().startsWith('data:')) complaints.push(`asks elsewhere: ${request.url()}`); });
  return { browser, context, page, complaints };
}

/** Everything that a test needs. */
export async function begin(program, shots) {
  const world = await workspaceOf(program);
  const served = await serve(program, world);
  const seen = await browse(served.base);
  const { page } = seen;
  const cli = async (...args) => {
    const done = await run(program, args, { cwd: world.workspace, env: world.env }).catch((error) => error);
    return String(done.stdout ?? '');
  };
  const json = async (...args) => JSON.parse((await cli(...args, '--json')).trim().split('\n').at(-1));
  const api = async (to) => {
    const answer = await page.request.get(`${served.base}/api/v1${to}`);
    assert.equal(answer.status(), 200, to);
    return answer.json();
  };
  const go = (to) => page.goto(served.base + to);
  const status = (id, word) => page.locator(`g.node[data-id="${id}"].st-${word}`).waitFor();
  const head = (word) => page.locator(`h1 .st-${word}`).waitFor();
  const kit = { ...world, ...served, ...seen, cli, json, api, go, status, head, shots };
  return { ...kit, judged: (name) => judged(kit, name), end: () => end(kit) };
}

/** WCAG 2.1 AA in both schemes, no foreign script; with a folder for them, screenshots. */
async function judged({ page, context, shots }, name) {
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

/** Ends what was started: jobs, bakes, the console, the browser. */
async function end({ browser, server, cli, json }) {
  const { jobs } = await json('ps');
  for (const job of jobs.filter((one) => one.id && !one.ended_at)) await cli('kill', job.id);
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGINT');
  await gone;
  await browser.close();
}
