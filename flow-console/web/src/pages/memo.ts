// Draws a part anew only if what it shows has changed.

import { Component, type ComponentChildren, type FunctionComponent, h } from 'preact';

export function memo<P extends object>(part: FunctionComponent<P>, same: (a: P, b: P) => boolean) {
  return class extends Component<P> {
    override shouldComponentUpdate(next: P): boolean { return !same(this.props as P, next); }
    render(props: P): ComponentChildren { return h(part as FunctionComponent, props); }
  };
}
