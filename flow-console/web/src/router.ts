// Addresses: every view has one. Links stay ordinary links; clicks on them change the view without a reload.

import { signal } from '@preact/signals';

export const place = signal(new URL(location.href));

export function go(to: string, replace = false): void {
  const before = place.value;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  place.value = new URL(location.href);
  if (!replace && before.pathname !== place.value.pathname) {
    window.scrollTo(0, 0);
  }
}

/** Changes the query and keeps the rest; empty values are taken out. */
export function put(values: Record<string, string | null>, replace = true): void {
  const url = new URL(place.value);
  for (const [name, value] of Object.entries(values)) {
    if (value) url.searchParams.set(name, value); else url.searchParams.delete(name);
  }
  go(url.pathname + url.search + url.hash, replace);
}

export function startRouter(): void {
  addEventListener('popstate', () => { place.value = new URL(location.href); });
  addEventListener('hashchange', () => { place.value = new URL(location.href); });
  addEventListener('click', (event) => {
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.target || link.hasAttribute('download') || link.origin !== location.origin || link.pathname.startsWith('/api/')) return;
    if (link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}
