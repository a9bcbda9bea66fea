// The graph: the server says where everything is, the browser only draws, pans and zooms.

import { memo } from './memo';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { query } from '../api';
import { strokes } from '../marks';
import { Fault, useRead } from '../parts';
import { visible } from '../ansi';
import { place, put } from '../router';
import type { AttemptPage, Estimate, Graph, GraphNode, Status, TaskRow } from '../types';
import { ORDER } from './attempt';

interface Props { page: AttemptPage; base: string; chosen: string | null; choose: (id: string | null) => void; shape: number }

/** Matrices of more rows are folded at first. */
const ROWS = 12;
/** No matrix has more. */
const ALL = 10_000;

export function GraphView({ page, base, chosen, choose, shape }: Props) {
  const asked = place.value.searchParams;
  const closed = asked.get('closed') ?? '';
  const rows = asked.get('rows') === 'all' ? ALL : ROWS;
  const { data, error, reload } = useRead<Graph>(`${base}/graph${query({ rows, closed })}`);
  const { data: estimate } = useRead<Estimate>(asked.get('critical') ? `${base}/estimate` : null);
  useEffect(() => { if (shape > 0) reload(); }, [shape]);
  const statuses = useMemo(() => new Map(page.tasks.map((task) => [task.id, task])), [page.tasks]);
  const groups = useMemo(() => groupCounts(page.tasks), [page.tasks]);
  if (!data) return <Fault error={error} />;
  if (data.nodes.length === 0) return <div class="empty"><strong>No tasks yet.</strong>The graph shows as soon as the engine knows it.</div>;
  const toggle = (id: string) => {
    const now = new Set(closed.split(',').filter(Boolean));
    if (!now.delete(id)) now.add(id);
    put({ closed: [...now].join(',') || null });
  };
  const live = data.nodes.map((node): GraphNode => {
    if (node.count > 0) return { ...node, rows: groups.get(node.id) ?? node.rows };
    return { ...node, status: statuses.get(node.id)?.status ?? node.status };
  });
  const hasCalls = data.nodes.some((node) => statuses.get(node.id)?.kind === 'call');
  return <>
    <Fault error={error} />
    <Canvas graph={data} nodes={live} chosen={chosen} find={asked.get('find') ?? ''} path={new Set(estimate?.path ?? [])}
      isCall={(id) => statuses.get(id)?.kind === 'call'}
      choose={(node) => { if (node.count > 0) put({ rows: 'all' }); else choose(node.id); }} toggle={toggle}
      legend={hasCalls ? 'Double-click a call to fold it' : ''}
      tools={<>
        <button type="button" aria-pressed={asked.get('critical') !== null} onClick={() => put({ critical: asked.get('critical') ? null : '1' })}>Critical path</button>
        {(data.nodes.some((node) => node.count > 0) || rows !== ROWS) && <button type="button" onClick={() => put({ rows: rows === ROWS ? 'all' : null })}>{rows === ROWS ? 'Open groups' : 'Fold groups'}</button>}
      </>} />
  </>;
}

/** How many rows of each group have each status, by the group's full id. */
function groupCounts(tasks: TaskRow[]): Map<string, Partial<Record<Status, number>>> {
  const found = new Map<string, Partial<Record<Status, number>>>();
  for (const task of tasks) {
    if (!task.group) continue;
    const id = task.parent ? `${task.parent}.${task.group}` : task.group;
    const counts = found.get(id) ?? {};
    counts[task.status] = (counts[task.status] ?? 0) + 1;
    found.set(id, counts);
  }
  return found;
}

interface CanvasProps {
  graph: Graph; nodes: GraphNode[]; chosen: string | null; find: string; path: Set<string>; isCall: (id: string) => boolean;
  choose: (node: GraphNode) => void; toggle: (id: string) => void; tools: preact.ComponentChildren; legend: string;
}

/** How long after a move the browser may still keep the drawing as a layer, in ms. */
const REST = 180;
/** Below this size no label can be read, and none is drawn. */
const FAR = 0.3;
/** Fewer boxes than this are all drawn while they move. */
const MANY = 200;

/**
 * Zoom and pan change the place of one element. While it moves, the browser keeps what it has drawn as a layer and
 * moves that; at rest the drawing is made anew, sharp at its size.
 */
export function Canvas({ graph, nodes, chosen, find, path, isCall, choose, toggle, tools, legend }: CanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const veil = useRef<HTMLDivElement>(null);
  const lines = useRef<SVGPathElement>(null);
  const rest = useRef(0);
  const eye = useRef({ x: 0, y: 0, k: 1 });
  const moved = useRef(false);
  /** Whether the reader chose what is seen; until then all of it is. */
  const chosenView = useRef(false);
  const show = () => {
    const { x, y, k } = eye.current;
    if (stage.current) stage.current.style.transform = `translate(${x}px, ${y}px) scale(${k})`;
    box.current?.classList.toggle('far', k < FAR);
  };
  /** Takes boxes far out of sight out of the drawing, as long as it moves; `null`: all are in it again. */
  const culled = useRef<{ x: number; y: number; k: number } | null>(null);
  const cull = (view: { x: number; y: number; k: number } | null) => {
    culled.current = view;
    const shapes = stage.current?.firstElementChild?.children;
    const size = box.current?.getBoundingClientRect();
    if (!shapes || !size || graph.nodes.length < MANY) return;
    graph.nodes.forEach((node, at) => {
      const [left, top] = view ? [node.x * view.k + view.x, node.y * view.k + view.y] : [0, 0];
      const isFar = view !== null && (left > 2 * size.width || top > 2 * size.height || left + node.width * view.k < -size.width || top + node.height * view.k < -size.height);
      shapes[at]?.classList.toggle('away', isFar);
    });
  };
  const wheel = useRef<(event: WheelEvent) => void>(() => {});
  const turned = useRef((event: WheelEvent) => wheel.current(event));
  /** While it moves, a veil takes the events: what lies below those that could hold a scroll up is gone through anew each frame. */
  const veiled = (is: boolean) => {
    const [from, to] = is ? [box.current, veil.current] : [veil.current, box.current];
    box.current?.classList.toggle('moving', is);
    from?.removeEventListener('wheel', turned.current);
    to?.addEventListener('wheel', turned.current, { passive: false });
  };
  const move = () => {
    chosenView.current = true;
    if (!box.current?.classList.contains('moving')) veiled(true);
    const [from, to] = [culled.current, eye.current];
    const size = box.current?.getBoundingClientRect();
    if (!from || !size || from.k !== to.k || Math.abs(from.x - to.x) > size.width / 2 || Math.abs(from.y - to.y) > size.height / 2) cull({ ...to });
    clearTimeout(rest.current);
    rest.current = window.setTimeout(() => { veiled(false); cull(null); }, REST);
    show();
  };
  const fit = () => {
    const size = box.current?.getBoundingClientRect();
    if (!size) return;
    const k = Math.min(1.25, (size.width - 48) / graph.width, (size.height - 72) / graph.height);
    eye.current = { k, x: (size.width - graph.width * k) / 2, y: (size.height - 24 - graph.height * k) / 2 };
    show();
  };
  const zoom = (by: number, at?: { x: number; y: number }) => {
    const size = box.current?.getBoundingClientRect();
    const center = at ?? { x: (size?.width ?? 0) / 2, y: (size?.height ?? 0) / 2 };
    const k = Math.min(4, Math.max(0.02, eye.current.k * by));
    const scale = k / eye.current.k;
    eye.current = { k, x: center.x - (center.x - eye.current.x) * scale, y: center.y - (center.y - eye.current.y) * scale };
    move();
  };
  useLayoutEffect(() => { chosenView.current = false; fit(); }, [graph.width, graph.height, graph.nodes.length]);
  useEffect(() => {
    const watch = new ResizeObserver(() => { if (!chosenView.current) fit(); });
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, [graph]);
  useLayoutEffect(show);
  wheel.current = (event) => {
    event.preventDefault();
    const size = box.current?.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey || event.deltaMode === 1 || Math.abs(event.deltaY) >= 50) {
      zoom(Math.exp(-event.deltaY * 0.0016), { x: event.clientX - (size?.left ?? 0), y: event.clientY - (size?.top ?? 0) });
    } else { eye.current.x -= event.deltaX; eye.current.y -= event.deltaY; move(); }
  };
  useEffect(() => { veiled(false); return () => clearTimeout(rest.current); }, []);
  const drag = (event: PointerEvent) => {
    if (event.button !== 0) return;
    let last = { x: event.clientX, y: event.clientY };
    moved.current = false;
    const follow = (next: PointerEvent) => {
      const [x, y] = [next.clientX - last.x, next.clientY - last.y];
      if (!moved.current && Math.hypot(x, y) < 4) return;
      moved.current = true;
      eye.current.x += x; eye.current.y += y;
      last = { x: next.clientX, y: next.clientY };
      move();
    };
    const end = () => { removeEventListener('pointermove', follow); removeEventListener('pointerup', end); removeEventListener('pointercancel', end); };
    addEventListener('pointermove', follow); addEventListener('pointerup', end); addEventListener('pointercancel', end);
  };
  const keys = (event: KeyboardEvent) => {
    const step = 60;
    const moves: Record<string, [number, number]> = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const by = moves[event.key];
    if (by) { eye.current.x += by[0]; eye.current.y += by[1]; move(); event.preventDefault(); }
    else if (event.key === '+' || event.key === '=') zoom(1.25);
    else if (event.key === '-') zoom(0.8);
    else if (event.key === '0') fit();
  };
  const center = (node: GraphNode) => {
    chosenView.current = true;
    const size = box.current?.getBoundingClientRect();
    if (!size) return;
    const k = Math.max(eye.current.k, 0.7);
    eye.current = { k, x: size.width / 2 - (node.x + node.width / 2) * k, y: size.height / 2 - (node.y + node.height / 2) * k };
    show();
  };
  const wanted = find.toLowerCase();
  useEffect(() => {
    const hit = wanted && graph.nodes.find((node) => node.id.toLowerCase().includes(wanted));
    if (hit) center(hit);
  }, [wanted, graph]);
  const parents = useMemo(() => new Set(graph.nodes.map((one) => one.parent)), [graph]);
  // Which edges touch a node; the marks of a pointer's place are no part of what is rendered.
  const touching = useMemo(() => {
    const found = new Map<number, number[]>();
    graph.edges.forEach((edge, at) => { for (const end of [edge.from, edge.to]) found.set(end, [...(found.get(end) ?? []), at]); });
    return found;
  }, [graph]);
  const near = (node: number, is: boolean) => lines.current?.setAttribute('d', is ? (touching.get(node) ?? []).map((at) => graph.edges[at]?.path ?? '').join('') : '');
  const isOnPath = (edge: { from: number; to: number }) => path.has(nodes[edge.from]?.id ?? '') && path.has(nodes[edge.to]?.id ?? '');
  // All edges are one drawing: a thousand of them, each for itself, cost a frame more than all boxes.
  const plain = graph.edges.map((edge) => (isOnPath(edge) ? '' : edge.path)).join('');
  return (
    <div class="graph" ref={box} style={{ height: `clamp(320px, ${Math.round(graph.height * 1.25 + 120)}px, max(380px, 68vh))` }} onPointerDown={drag} onKeyDown={keys}>
      <div class="stage" ref={stage}><svg class="canvas" width={graph.width} height={graph.height} role="group" aria-label="Graph of the tasks. Arrow keys move it, plus and minus zoom, 0 shows all.">
        {nodes.map((node, at) => <Node key={node.id} node={node} selected={node.id === chosen} call={isCall(node.id) || parents.has(at)}
          dim={wanted !== '' && !node.id.toLowerCase().includes(wanted) && node.status !== wanted} choose={() => { if (!moved.current) choose(node); }} toggle={() => toggle(node.id)}
          hover={(is) => near(at, is)} />)}
        <path d={plain || undefined} class="edge" />
        {path.size > 0 && graph.edges.map((edge, at) => isOnPath(edge) && <path key={at} d={edge.path} class="edge path" />)}
        <path ref={lines} class="edge near" />
      </svg></div>
      <div class="veil" ref={veil} />
      {legend && <div class="legend">{legend}</div>}
      <div class="tools" onPointerDown={(event) => event.stopPropagation()}>
        {tools}
        <button type="button" aria-label="Zoom out" onClick={() => zoom(0.8)}>−</button>
        <button type="button" aria-label="Zoom in" onClick={() => zoom(1.25)}>+</button>
        <button type="button" onClick={() => { chosenView.current = false; fit(); }}>Fit</button>
      </div>
    </div>
  );
}

interface NodeProps { node: GraphNode; selected: boolean; call: boolean; dim: boolean; choose: () => void; toggle: () => void; hover: (is: boolean) => void }

const same = (a: NodeProps, b: NodeProps): boolean =>
  a.node.status === b.node.status && a.node.rows === b.node.rows && a.node.x === b.node.x && a.node.y === b.node.y &&
  a.node.width === b.node.width && a.node.height === b.node.height && a.selected === b.selected && a.dim === b.dim && a.call === b.call;

const Node = memo(function Node({ node, selected, call, dim, choose, toggle, hover }: NodeProps) {
  const status: Status | 'none' = node.count > 0 ? overall(node.rows) : node.status ?? 'none';
  const label = visible(node.label);
  const shown = label.length > 40 ? `${label.slice(0, 20)}…${label.slice(-19)}` : label;
  const said = node.count > 0 ? `${label}, ${node.count} rows, ${ORDER.filter((one) => node.rows[one]).map((one) => `${node.rows[one]} ${one}`).join(', ')}` : `${label}, ${status === 'none' ? 'not run' : status}`;
  const middle = call && node.height > 50 ? 17 : node.count > 0 ? 17 : node.height / 2;
  return (
    <g class={`node st-${status}${call ? ' call' : ''}${selected ? ' selected' : ''}${dim ? ' dim' : ''}`} tabindex={0} role="button" aria-label={said}
      data-id={node.id} onClick={choose} onDblClick={() => { if (call) toggle(); }} onPointerEnter={() => hover(true)} onPointerLeave={() => hover(false)}
      onKeyDown={(event) => { if (event.key === 'Enter') choose(); else if (event.key === ' ' && call) { toggle(); event.preventDefault(); } }}>
      <title>{visible(node.id)}</title>
      <rect class="box" x={node.x} y={node.y} width={node.width} height={node.height} rx="8" />
      <g class={`mark${status === 'running' ? ' spin' : ''}`}>{strokes(status, node.x + 11, node.y + middle - 8).map(([name, path]) => <path key={path} class={name} d={path} />)}</g>
      <text x={node.x + 34} y={node.y + middle + 4.5}>{shown}</text>
      {node.count > 0 && <Rows node={node} />}
    </g>
  );
}, same);

/** A bar of how the rows of a matrix stand. */
function Rows({ node }: { node: GraphNode }) {
  const width = node.width - 24;
  let x = node.x + 12;
  return <>
    {ORDER.filter((status) => node.rows[status]).map((status) => {
      const length = (width * (node.rows[status] ?? 0)) / node.count;
      const part = <rect key={status} class={`st-${status}`} x={x} y={node.y + node.height - 15} width={length} height={6} rx={2} fill="var(--c)" fill-opacity={status === 'pending' ? 0.35 : 1} />;
      x += length;
      return part;
    })}
  </>;
}

function overall(rows: Partial<Record<Status, number>>): Status {
  for (const status of ['running', 'failed', 'cancelled', 'pending', 'succeeded', 'cached', 'skipped'] as Status[]) if (rows[status]) return status;
  return 'pending';
}
