// Colours of terminals as classes. Everything else that a terminal would obey is taken out: log content becomes
// text nodes and nothing but text nodes.

export interface Piece { text: string; className: string }

interface Style { color: number | null; bold: boolean; dim: boolean; italic: boolean; under: boolean }

const plain = (): Style => ({ color: null, bold: false, dim: false, italic: false, under: false });

// Sequences: CSI, OSC (to BEL or ST), other two-character escapes.
const SEQUENCE = /\x1b\[([0-9;:?<=>]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[PX^_][^\x1b]*(?:\x1b\\|$)|\x1b[ -/]*[0-~]?/g;
// Other controls, and marks that turn the direction of text or hide in it.
const HIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f]|[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Makes hidden characters seen. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

/** One line; a carriage return shows what was written last, as a terminal does. */
export function pieces(line: string): Piece[] {
  const last = line.replace(/\r+$/, '').split('\r').pop() ?? '';
  const found: Piece[] = [];
  let style = plain();
  let from = 0;
  const add = (text: string) => {
    if (text) found.push({ text: visible(text), className: classOf(style) });
  };
  for (const match of last.matchAll(SEQUENCE)) {
    add(last.slice(from, match.index));
    if (match[2] === 'm') style = apply(style, match[1] ?? '');
    from = match.index + match[0].length;
  }
  add(last.slice(from));
  return found;
}

function apply(style: Style, codes: string): Style {
  const next = { ...style };
  const list = codes.split(/[;:]/).map(Number);
  for (let at = 0; at < list.length; at += 1) {
    const code = list[at] ?? 0;
    if (code === 0) Object.assign(next, plain());
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.under = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.under = false;
    else if (code >= 30 && code <= 37) next.color = code - 30;
    else if (code >= 90 && code <= 97) next.color = code - 90;
    else if (code === 39) next.color = null;
    else if (code === 38 || code === 48) {
      // 256 and true colours: the nearest of the eight that both themes show well.
      const indexed = list[at + 1] === 5;
      const color = list[at + 2] ?? 0;
      if (code === 38) next.color = indexed && color < 16 ? color % 8 : null;
      at += indexed ? 2 : 4;
    }
  }
  return next;
}

function classOf(style: Style): string {
  const names: string[] = [];
  if (style.color !== null) names.push(`a${style.color}`);
  if (style.bold) names.push('bold');
  if (style.dim) names.push('dimmed');
  if (style.italic) names.push('italic');
  if (style.under) names.push('under');
  return names.join(' ');
}
