// How much of the main thread a frame costs while a graph is panned: the real program, the real page, a real browser.
//
//   node pan.mjs PATH-OF-APOLO-FLOW
//
// Prints, for 1,000 nodes and for 10,000 folded and opened, milliseconds of CPU of the page's main thread for each
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
      const needs = layer === 0 ? [] : [`t${layer - 1}-${at}`, `t${layer - 1}-${(at + 7) % width}`];
      tasks.push(`  - {id: t${layer}-${at}, needs: [${needs.join(', ')}], enable: false, image: x, cmd: "true"}`);
    }
  }
  return `kind: batch\ntasks:\n${tasks.join('\n')}\n`;
}

/** Ten matrices of a thousand rows, one behind the other. */
function rows(matrices, count) {
  const task = (at) => `  - {id: m${at}, needs: [${at > 0 ? `m${at - 1}` : ''}], enable: false, strategy: {matrix: {n: "\${{ range(${count}) }}"}}, image: x, cmd: "true \${{ matrix.n }}"}`;
  return `kind: batch\ntasks:\n${Array.from({ length: matrices }, (_, at) => task(at)).join('\n')}\n`;
}

/** Pans by the pointer, a step a frame, and gives what the main thread did in that time. */
async function panned({ page, browser }) {
  const box = await page.locator('svg.canvas').boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  // The view is at the size at which labels are read, not at the one where all of it is in sight.
  for (let step = 0; step < 8; step += 1) await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 8, y + 8);
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline', 'cc'] });
  const frames = await page.evaluate((count) => new Promise((done) => {
    const canvas = document.querySelector('svg.canvas');
    const started = performance.now();
    let at = 0;
    const step = () => {
      if (at >= count) { done({ count: at, took: performance.now() - started }); return; }
      at += 1;
      const [dx, dy] = [Math.round(220 * Math.sin(at / 9)), Math.round(140 * Math.cos(at / 13))];
      dispatchEvent(new PointerEvent('pointermove', { clientX: innerWidth / 2 + dx, clientY: innerHeight / 2 + dy, bubbles: true, pointerId: 1 }));
      requestAnimationFrame(step);
    };
    canvas.getBoundingClientRect();
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
    .filter((one) => one.ph === 'X' && one.pid === thread.pid && one.tid === thread.tid && /RunTask$/.test(one.name))
    .reduce((sum, one) => sum + (one.tdur ?? one.dur ?? 0), 0) / 1000;
  return Math.max(...threads.map(cpuOf));
}

const kit = await begin(path.resolve(process.argv[2] ?? '../../target/debug/apolo-flow'), null);
const { page, cli, go, workspace } = kit;
const flow = (name, text) => fs.writeFileSync(path.join(workspace, '.apolo', `${name}.yml`), text);
flow('thousand', layered(10, 100));
flow('rows', rows(10, 1000));
await page.goto(kit.entrance);
const measures = [];
for (const [name, to, bound] of [
  ['1,000 nodes', '/flows/thousand/graph', BOUND],
  ['10,000 rows, folded', '/bakes/rows/attempts/1/graph', BOUND],
  ['10,000 rows, opened', '/bakes/rows/attempts/1/graph?rows=all', null],
]) {
  if (to.startsWith('/bakes/rows') && measures.length === 1) await cli('bake', 'rows', '-n', 'rows');
  await go(to);
  await page.locator('g.node').first().waitFor();
  const { count, took, cpu } = await panned(kit);
  const drawn = await page.locator('g.node').count();
  measures.push([cpu / count, bound, name]);
  console.log(`${name}: ${(cpu / count).toFixed(2)} ms of the main thread a frame, ${((1000 * count) / took).toFixed(0)} frames a second, ${drawn} boxes drawn`);
}
await kit.end();
fs.rmSync(kit.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
for (const [cost, bound, name] of measures) if (bound) assert.ok(cost <= bound, `${name}: ${cost.toFixed(2)} ms is more than ${bound}`);
