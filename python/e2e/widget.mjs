// The live drawing end to end: a real JupyterLab, a real kernel, real tasks, a real browser.
//
//   node widget.mjs PYTHON [FOLDER-FOR-SCREENSHOTS]
//
// PYTHON has the package with its `notebook` extra, and jupyterlab. Nothing waits for a time: everything waits for
// what is to be seen.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

// The one browser driver of this repository is that of the console's page.
const { chromium } = createRequire(new URL('../../flow-console/web/package.json', import.meta.url))('playwright-core');
const python = path.resolve(process.argv[2]);
const shots = process.argv[3] ? path.resolve(process.argv[3]) : null;
const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const TOKEN = 'local';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'widget-e2e-'));
const gate = path.join(root, 'gate');
execFileSync('mkfifo', [gate]);
const settings = path.join(root, 'settings/@jupyterlab/apputils-extension');
fs.mkdirSync(settings, { recursive: true });
fs.writeFileSync(path.join(settings, 'notification.jupyterlab-settings'), '{"fetchNews": "false", "checkForUpdates": false}');

const BAD = '<img src=x onerror=window.hacked=1><script>window.hacked=2</script>';
const flow = `kind: batch
title: "${BAD}"
tasks:
  - {id: load, image: python, bash: "echo 48213 rows; echo ::set-output name=rows::48213"}
  - id: fit
    needs: [load]
    strategy: {matrix: {depth: [4, 6, 8]}}
    image: python
    bash: "echo depth \${{ matrix.depth }}"
  - {id: wait, needs: [fit], image: python, bash: "echo so far; read line < ${gate}; echo heard $line; echo ::set-output name=heard::$line"}
  - {id: shout, needs: [fit], image: python, bash: "printf '${BAD}\\\\n\\\\033[31mred\\\\033[0m \\\\342\\\\200\\\\256turned\\\\n'; echo '::set-output name=html::${BAD}'"}
  - {id: break, needs: [wait], image: python, bash: "echo no good >&2; exit 3"}
`;
const code = (source) => ({ cell_type: 'code', id: `c${source.length}`, metadata: {}, execution_count: null, outputs: [], source });
const notebook = {
  cells: [
    code(`import apolo_flow\nflow = ${JSON.stringify(flow)}\nbake = apolo_flow.load_text({"train": flow}).batch().bake()`),
    code('bake.widget()'),
  ],
  metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' }, language_info: { name: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
};
fs.mkdirSync(path.join(root, 'work'));
fs.writeFileSync(path.join(root, 'work/widget.ipynb'), JSON.stringify(notebook));

const env = {
  ...process.env,
  XDG_DATA_HOME: path.join(root, 'data'),
  XDG_CONFIG_HOME: path.join(root, 'config'),
  JUPYTERLAB_SETTINGS_DIR: path.join(root, 'settings'),
  JUPYTER_RUNTIME_DIR: path.join(root, 'runtime'),
};
const flags = ['--no-browser', '--allow-root', '--ip=127.0.0.1', '--port=0', `--IdentityProvider.token=${TOKEN}`];
const server = spawn(python, ['-m', 'jupyterlab', ...flags, `--ServerApp.root_dir=${path.join(root, 'work')}`], { env, stdio: ['ignore', 'ignore', 'pipe'] });
const base = await new Promise((resolve, reject) => {
  let text = '';
  server.stderr.on('data', (piece) => {
    text += piece;
    const found = text.match(/http:\/\/127\.0\.0\.1:(\d+)\//);
    if (found && found[1] !== '0') resolve(found[0]);
  });
  server.on('exit', (exit) => reject(new Error(`jupyterlab ended with ${exit}:\n${text}`)));
});

const browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
const errors = [];
page.on('pageerror', (error) => errors.push(String(error)));
const shot = async (name) => shots && page.locator('.apolo-flow').screenshot({ path: path.join(shots, `${name}.png`) });
const menu = async (...names) => {
  for (const [depth, name] of names.entries()) {
    const place = depth === 0 ? '.lm-MenuBar-item' : '.lm-Menu-item';
    await page.locator(place, { hasText: new RegExp(`^${name}($|\\W)`) }).first()[depth === names.length - 1 || depth === 0 ? 'click' : 'hover']();
  }
};
const seen = (selector, text) => page.locator(`.apolo-flow ${selector}`, text ? { hasText: text } : {}).first().waitFor();
const step = (name) => console.log(`ok ${name}`);

try {
  await page.goto(`${base}lab/tree/widget.ipynb?token=${TOKEN}`);
  await page.locator('.jp-Notebook .jp-Cell').nth(1).waitFor({ timeout: 120_000 });
  // What is run before there is a kernel is not run at all.
  await page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').waitFor({ timeout: 120_000 });
  await menu('Run', 'Run All Cells');

  await page.locator('.apolo-flow').waitFor({ timeout: 120_000 });
  await seen('[data-task="load"].succeeded');
  await seen('[data-task="wait"].running');
  step('the drawing follows the bake');

  await page.locator('[data-task="load"]').click();
  await seen('pre', '48213 rows');
  await seen('section th', 'rows');
  await page.locator('[data-task="wait"]').focus();
  await page.keyboard.press('Enter');
  await seen('pre', 'so far');
  step('a click and a key show log and outputs');

  await page.locator('[data-task="shout"]').click();
  await seen('pre', '<img src=x onerror=window.hacked=1>');
  const shouted = await page.locator('.apolo-flow pre').textContent();
  assert.match(shouted, /<script>window\.hacked=2<\/script>\nred .turned/);
  assert.doesNotMatch(shouted, /[\u001b\u202e]/);
  await seen('section code', BAD);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('.apolo-flow img, .apolo-flow script').count(), 0);
  step('texts from outside are texts');

  await page.locator('[data-task="wait"]').click();
  await seen('pre', 'so far');
  await shot('running-light');
  // Nobody touches the page any more: what comes now, it hears by itself.
  fs.writeFileSync(gate, 'hello\n');
  await seen('pre', 'heard hello');
  await seen('[data-task="break"].failed');
  await seen('header .status', 'failed');
  await seen('section .status', 'succeeded');
  await page.locator('[data-task="break"]').click();
  await seen('section', 'exit code 3');
  await seen('pre', 'no good');
  step('it is told what happens, to the end');

  await shot('ended-light');
  await menu('Settings', 'Theme', 'JupyterLab Dark');
  await page.locator('body[data-jp-theme-light="false"]').waitFor({ state: 'attached' });
  await page.locator('.apolo-flow.dark').waitFor();
  const fill = await page.locator('.apolo-flow [data-task="load"] > rect').evaluate((rect) => getComputedStyle(rect).fill);
  assert.equal(fill, 'rgb(31, 41, 55)');
  // JupyterLab covers the page while it changes its theme.
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  await shot('ended-dark');
  step('it is light or dark as the page is');

  assert.deepEqual(errors, []);
} catch (error) {
  if (shots) await page.screenshot({ path: path.join(shots, 'failed.png') });
  throw error;
} finally {
  await browser.close();
  server.removeAllListeners('exit');
  const ended = new Promise((resolve) => server.on('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  // The supervisor of this data folder leaves when nobody needs it; what is left of its folder goes with it.
  fs.rmSync(root, { recursive: true, force: true });
}
