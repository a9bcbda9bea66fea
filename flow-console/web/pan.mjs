// How much of the main thread a frame costs while a graph is panned: the real program, the real page, a real browser.
//
//   node pan.mjs PATH-OF-APOLO-FLOW
//
// Prints, for 1,000 nodes and for 10,000 rows folded, milliseconds of CPU of the page's main thread for each
// frame, from Chromium's own trace: the sum of the tasks of that thread, in its thread clock.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { begin } from './e2e/kit.mjs';

const FRAMES = 120;
const BOUND = 8;

/** Ten layers of a hundred tasks, each of which needs two of the layer before. */
function layered(layers, width) {
  const tasks = [];
  for (let layer = 0; layer < layers; layer += 1) {
    for (let at = 0; at < width; at += 1) {
      const needs = layer === 0 ? [] : [`t${layer - 1}_${at}`, `t${layer - 1}_${(at + 7) % width}`];
      tasks.push(`  - {id: t${layer}_${at}, needs: [${needs.join(', ')}], enable: false, image: x, cmd: "true"}`);
    }
  }
  return `kind: batch\ntasks:\n${tasks.join('\n')}\n`;
}

/** Ten matrices of a thousand rows, with a task between two of them. */
function rows(matrices, count) {
  const task = (at) => [
    `  - {id: m${at}, needs: [${at > 0 ? `j${at - 1}` : ''}], enable: false, strategy: {matrix: {n: "\${{ range(${count}) }}"}}, image: x, cmd: "true \${{ matrix.n }}"}`,
    `  - {id: j${at}, needs: [m${at}], enable: false, image: x, cmd: "true"}`,
  ];
  return `kind: batch\ntasks:\n${Array.from({ length: matrices }, (_, at) => task(at)).flat().join('\n')}\n`;
}

/** Pans by the pointer, a step a frame, and gives what the main thread did in that time. */
async function panned({ page, browser }, closer) {
  const box = await page.locator('.graph').boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  for (let step = 0; step < closer; step += 1) await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 8, y + 8);
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline', 'cc'] });
  const frames = await page.evaluate((count) => new Promise((done) => {
    const started = performance.now();
    let at = 0;
    const step = () => {
      if (at >= count) { done({ count: at, took: performance.now() - started }); return; }
      at += 1;
      const [dx, dy] = [Math.round(220 * Math.sin(at / 9)), Math.round(140 * Math.cos(at / 13))];
      dispatchEvent(new PointerEvent('pointermove', { clientX: innerWidth / 2 + dx, clientY: innerHeight / 2 + dy, bubbles: true, pointerId: 1 }));
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }), FRAMES);
  const trace = JSON.parse(String(await browser.stopTracing()));
  await page.mouse.up();
  return { ...frames, cpu: mainThread(trace.traceEvents) };
}

/** The CPU of the outermost tasks of the renderer's main thread, in ms. */
function mainThread(events) {
  const threads = events.filter((one) => one.name === 'thread_name' && one.args?.name === 'CrRendererMain');
  const cpuOf = (thread) => events
    .filter((one) => one.ph === 'X' && one.pid === thread.pid && one.tid === thread.tid && one.name === 'ThreadControllerImpl::RunTask')
    .reduce((sum, one) => sum + (one.tdur ?? 0), 0) / 1000;
  return Math.max(...threads.map(cpuOf));
}

const kit = await begin(path.resolve(process.argv[2] ?? '../../target/debug/apolo-flow'), null);
const { page, cli, go, workspace } = kit;
const flow = (name, text) => fs.writeFileSync(path.join(workspace, '.apolo', `${name}.yml`), text);
flow('thousand', layered(10, 100));
flow('rows', rows(10, 1000));
await page.goto(kit.entrance);
const measures = [];
try {
  await cli('bake', 'thousand', '-n', 'thousand');
  await cli('bake', 'rows', '-n', 'rows');
  for (const [name, to, closer] of [
    ['1,000 nodes, all in sight', '/bakes/thousand/attempts/1/graph', 0],
    ['1,000 nodes, at the size at which labels are read', '/bakes/thousand/attempts/1/graph', 8],
    ['10,000 rows, folded', '/bakes/rows/attempts/1/graph', 0],
  ]) {
    await go(to);
    await page.locator('g.node').first().waitFor();
    const { count, took, cpu } = await panned(kit, closer);
    const drawn = await page.locator('g.node').count();
    measures.push([cpu / count, name]);
    console.log(`${name}: ${(cpu / count).toFixed(2)} ms of the main thread a frame, ${((1000 * count) / took).toFixed(0)} frames a second, ${drawn} boxes drawn`);
  }
} finally {
  await kit.end();
}
fs.rmSync(kit.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
for (const [cost, name] of measures) assert.ok(cost <= BOUND, `${name}: ${cost.toFixed(2)} ms is more than ${BOUND}`);
