// The live drawing of a bake: the core's own SVG, made something to click, and what a task has to show beside it.
//
// All texts come from outside: they are put in as text and never as markup; the drawing is the core's, which escapes
// them. Everything lives in a shadow tree, so that the styles of the drawing and of the page leave each other alone.

const STYLE = `
:host { display: block; }
.apolo-flow { --ink: #111827; --soft: #4b5563; --line: #d1d5db; --ground: #ffffff; --well: #f6f7f9;
  color: var(--ink); background: var(--ground); font: 13px/1.45 system-ui, sans-serif; border: 1px solid var(--line);
  border-radius: 8px; overflow: hidden; }
.apolo-flow.dark { --ink: #f3f4f6; --soft: #b6bcc6; --line: #3b4350; --ground: #16191f; --well: #0f1216; }
header { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; padding: 8px 12px;
  border-bottom: 1px solid var(--line); }
header b { font-size: 14px; }
.id, .faint { color: var(--soft); font-weight: 400; }
.id, code, pre { font-family: ui-monospace, monospace; font-size: 12px; }
.spring { flex: 1; }
.status { font-weight: 600; }
.succeeded { color: #15803d; } .failed { color: #b91c1c; } .running { color: #1d4ed8; } .cancelled, .stalled { color: #b45309; }
.cached { color: #4d7c0f; } .skipped { color: #7e22ce; } .pending, .unknown { color: var(--soft); }
.dark .succeeded { color: #4ade80; } .dark .failed { color: #f87171; } .dark .running { color: #60a5fa; }
.dark .cancelled, .dark .stalled { color: #fbbf24; } .dark .cached { color: #a3e635; } .dark .skipped { color: #c084fc; }
.bar { height: 3px; background: var(--line); } .bar > i { display: block; height: 100%; background: currentColor; }
.drawing { overflow: auto; max-height: 420px; padding: 4px; }
.drawing svg { display: block; }
.drawing [data-task] { cursor: pointer; outline: none; }
.drawing [data-task]:hover > rect { filter: brightness(0.96); } .dark .drawing [data-task]:hover > rect { filter: brightness(1.25); }
.drawing [data-task]:focus-visible > rect, .drawing [data-task].selected > rect { stroke-width: 3; }
section { border-top: 1px solid var(--line); padding: 8px 12px 10px; }
section h4 { margin: 0 0 4px; font-size: 13px; display: flex; gap: 10px; flex-wrap: wrap; align-items: baseline; }
table { border-collapse: collapse; margin: 4px 0; } th, td { text-align: left; padding: 1px 14px 1px 0; vertical-align: top; }
th { color: var(--soft); font-weight: 400; } td code { overflow-wrap: anywhere; white-space: pre-wrap; }
pre { background: var(--well); margin: 6px 0 0; padding: 8px 10px; border-radius: 6px; max-height: 260px; overflow: auto;
  white-space: pre-wrap; overflow-wrap: anywhere; }
button { font: inherit; font-weight: 400; color: var(--soft); background: none; border: 1px solid var(--line); border-radius: 5px; cursor: pointer; }
`;

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// Whether the page around is dark: what its host says, else the ground that it has painted.
function isDark(element) {
  const body = document.body;
  const said = body.dataset.jpThemeLight;
  if (said !== undefined) return said === 'false';
  if (body.classList.contains('vscode-dark') || body.classList.contains('vscode-high-contrast')) return true;
  if (body.classList.contains('vscode-light')) return false;
  for (let at = element; at; at = at.parentElement) {
    const parts = getComputedStyle(at).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
    if (parts.length >= 3 && (parts[3] ?? 1) > 0.5) return parts[0] * 0.299 + parts[1] * 0.587 + parts[2] * 0.114 < 128;
  }
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

// The drawing follows the page, where by itself it would follow the system.
function tint(svg, dark) {
  for (const rule of svg.querySelector('style')?.sheet?.cssRules ?? []) {
    if (rule instanceof CSSMediaRule) rule.media.mediaText = dark ? 'all' : 'not all';
  }
}

function drawHeader(state) {
  const header = make('header');
  header.append(make('b', '', state.batch), make('span', `status ${state.status}`, state.status));
  header.append(make('span', 'id', `${state.bake}, attempt ${state.number}`), make('span', 'spring'));
  const counts = state.counts.map(([word, count]) => `${count} ${word}`).join(', ');
  header.append(make('span', 'faint', counts));
  return header;
}

function drawBar(state) {
  const bar = make('div', 'bar');
  const done = make('i', state.status);
  done.style.width = `${state.total ? (100 * state.ended) / state.total : 0}%`;
  bar.append(done);
  return bar;
}

function drawGraph(state, selected, choose) {
  const box = make('div', 'drawing');
  const parsed = new DOMParser().parseFromString(state.svg, 'image/svg+xml').documentElement;
  if (parsed.nodeName !== 'svg') return box;
  const svg = document.importNode(parsed, true);
  for (const group of svg.querySelectorAll('[data-task]')) {
    const id = group.getAttribute('data-task');
    group.setAttribute('tabindex', '0');
    group.setAttribute('role', 'button');
    group.setAttribute('aria-label', group.querySelector('title')?.textContent ?? id);
    group.classList.toggle('selected', id === selected);
    group.addEventListener('click', (event) => {
      event.stopPropagation();
      choose(id);
    });
    group.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      choose(id);
    });
  }
  box.append(svg);
  return box;
}

function drawPairs(pairs) {
  const table = make('table');
  for (const [name, value] of pairs) {
    const row = make('tr');
    const cell = make('td');
    cell.append(make('code', '', value));
    row.append(make('th', '', name), cell);
    table.append(row);
  }
  return table;
}

function drawRows(rows, choose) {
  const table = make('table');
  for (const [id, status] of rows) {
    const row = make('tr');
    const cell = make('td');
    const button = make('button', '', id);
    button.addEventListener('click', () => choose(id));
    cell.append(button);
    row.append(cell, make('td', `status ${status}`, status));
    table.append(row);
  }
  return table;
}

function drawDetail(detail, close, choose) {
  const section = make('section');
  section.setAttribute('aria-live', 'polite');
  const head = make('h4');
  head.append(make('span', '', detail.task), make('span', `status ${detail.status}`, detail.status));
  head.append(make('span', 'faint', [detail.took, detail.said].filter(Boolean).join(' · ')), make('span', 'spring'));
  const button = make('button', '', 'close');
  button.addEventListener('click', close);
  head.append(button);
  section.append(head);
  if (detail.rows.length) section.append(drawRows(detail.rows, choose));
  if (detail.outputs.length) section.append(drawPairs(detail.outputs));
  if (detail.log !== null) {
    const log = make('pre', '', detail.log || 'nothing printed yet');
    log.setAttribute('aria-label', `log of ${detail.task}`);
    log.tabIndex = 0;
    section.append(log);
  }
  return section;
}

function render({ model, el }) {
  const host = make('div');
  const shadow = host.attachShadow({ mode: 'open' });
  const root = make('div', 'apolo-flow');
  shadow.append(make('style', '', STYLE), root);
  el.append(host);

  const choose = (task) => {
    model.set('selected', task);
    model.save_changes();
  };
  const paint = () => {
    const dark = isDark(el);
    root.classList.toggle('dark', dark);
    const svg = root.querySelector('svg');
    if (svg) tint(svg, dark);
  };
  const draw = () => {
    const [state, detail, selected] = [model.get('state'), model.get('detail'), model.get('selected')];
    if (!state.batch) return;
    // What somebody looks at or is on stays where it is.
    const focused = shadow.activeElement?.getAttribute?.('data-task');
    const drawing = root.querySelector('.drawing');
    const [left, top] = [drawing?.scrollLeft ?? 0, drawing?.scrollTop ?? 0];
    const old = root.querySelector('pre');
    const atEnd = !old || old.scrollTop + old.clientHeight >= old.scrollHeight - 4;
    const at = old?.scrollTop ?? 0;
    root.replaceChildren(drawHeader(state), drawBar(state), drawGraph(state, selected, choose));
    if (selected && detail.task === selected) root.append(drawDetail(detail, () => choose(''), choose));
    paint();
    root.querySelector('.drawing').scrollTo(left, top);
    const log = root.querySelector('pre');
    if (log) log.scrollTop = atEnd ? log.scrollHeight : at;
    if (focused) root.querySelector(`[data-task="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  };

  for (const name of ['state', 'detail', 'selected']) model.on(`change:${name}`, draw);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', paint);
  const watcher = new MutationObserver(paint);
  watcher.observe(document.body, { attributes: true, attributeFilter: ['class', 'style', 'data-jp-theme-light'] });
  draw();
  // The element may not be on the page yet, and then has no ground to judge by.
  requestAnimationFrame(paint);
  return () => {
    watcher.disconnect();
    scheme.removeEventListener('change', paint);
    for (const name of ['state', 'detail', 'selected']) model.off(`change:${name}`, draw);
  };
}

export default { render };
