// The shapes of statuses, as paths from a first point on: where that stands, the whole shape stands. A graph of a
// thousand boxes draws them without a transformation or a clip of their own, each of which would cost every frame.

import type { Status } from './types';

/** The class of a path, its first point on a grid of 16, and all that follows, relative. */
type Stroke = [kind: 'fill' | 'ink' | 'line' | 'pale' | 'dashed', x: number, y: number, rest: string];

const circle = (r: number): [number, number, string] => [8 - r, 8, `a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0z`];

const SHAPES: Record<Status | 'none', Stroke[]> = {
  succeeded: [['fill', ...circle(7)], ['ink', 5, 8.2, 'l2.1 2.1l4.1 -4.3']],
  failed: [['fill', 5.2, 1, 'h5.6l4.2 4.2v5.6l-4.2 4.2h-5.6l-4.2 -4.2v-5.6z'], ['ink', 5.7, 5.7, 'l4.6 4.6m0 -4.6l-4.6 4.6']],
  running: [['pale', ...circle(6)], ['line', 8, 2, 'a6 6 0 0 1 6 6']],
  cancelled: [['fill', 4.7, 1.7, 'h6.6a3 3 0 0 1 3 3v6.6a3 3 0 0 1 -3 3h-6.6a3 3 0 0 1 -3 -3v-6.6a3 3 0 0 1 3 -3z'], ['ink', 5, 8, 'h6']],
  skipped: [['dashed', ...circle(6.2)], ['line', 6.5, 5.5, 'l2.5 2.5l-2.5 2.5']],
  cached: [['line', 2.5, 4, 'a5.5 2.4 0 1 0 11 0a5.5 2.4 0 1 0 -11 0v8c0 1.3 2.5 2.4 5.5 2.4s5.5 -1.1 5.5 -2.4v-8m-11 4c0 1.3 2.5 2.4 5.5 2.4s5.5 -1.1 5.5 -2.4']],
  stalled: [['fill', 8, 1.5, 'l7 12.5h-14z'], ['ink', 8, 6, 'v3.5m0 2.2v.1']],
  unknown: [['line', ...circle(6.2)], ['line', 6.2, 6.3, 'c.2 -2.3 3.8 -2.1 3.6 0c-.1 1.2 -1.8 1.3 -1.8 2.6m0 2.4v.1']],
  pending: [['line', ...circle(6)]],
  none: [['pale', ...circle(5)]],
};

/** The paths of a status's shape whose upper left corner is at a point: class and data of each. */
export const strokes = (status: Status | 'none', x = 0, y = 0): [string, string][] =>
  SHAPES[status].map(([kind, left, top, rest]) => [`m-${kind}`, `M${left + x} ${top + y}${rest}`]);
