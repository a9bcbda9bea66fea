// Times for people.

import { signal } from '@preact/signals';

/** The moment of the server, so that ages are right on machines whose clock is not. */
export const now = signal(Date.now());
let skew = 0;

export function setServerTime(iso: string): void {
  skew = Date.parse(iso) - Date.now();
  now.value = Date.now() + skew;
}

export const serverNow = (): number => Date.now() + skew;

setInterval(() => { if (!document.hidden) now.value = serverNow(); }, 1000);

export const millis = (iso: string | null | undefined): number | null => (iso ? Date.parse(iso) : null);

export function span(length: number): string {
  if (length < 0) length = 0;
  if (length < 1000) return `${Math.round(length)} ms`;
  const seconds = length / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function ago(iso: string, at: number): string {
  const length = at - Date.parse(iso);
  if (length < 5000) return 'just now';
  return `${span(Math.floor(length / 1000) * 1000).replace(/ \d\d s$/, '')} ago`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const full = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

const thousandths = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false });

/** Hours, minutes, seconds; `fine` with thousandths. */
export const clockTime = (iso: string, fine = false): string => (fine ? thousandths : clock).format(new Date(iso));
export const fullTime = (iso: string): string => full.format(new Date(iso));
