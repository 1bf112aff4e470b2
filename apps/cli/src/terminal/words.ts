import { stripVTControlCharacters } from 'node:util';
import type { Style, Terminal } from './terminal.ts';

const styles: Readonly<Record<string, Style>> = {
  succeeded: 'green',
  failed: 'red',
  interrupted: 'yellow',
  paused: 'yellow',
  canceled: 'yellow',
  running: 'bold',
};

export function paintState(state: string, terminal: Terminal): string {
  const style = styles[state];
  return style === undefined ? state : terminal.paint(style, state);
}

export function seconds(value: number): string {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(value / 60);
  return `${minutes} min ${Math.round(value - minutes * 60)} s`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The first of a list, and how many more there are. */
export function fewOf(words: readonly string[], most: number): string[] {
  return words.length <= most ? [...words] : [...words.slice(0, most), `… and ${words.length - most} more`];
}

/** A text of several lines as it stands behind others: those after the first are indented. */
export function inLines(text: string, indent = '    '): string {
  return harmless(text)
    .trim()
    .replace(/\n\s*\n/g, '\n')
    .replaceAll('\n', `\n${indent}`);
}

/** Rows as lines whose cells stand below each other, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const width = (text: string): number => stripVTControlCharacters(text).length;
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => width(row[at] ?? ''))));
  return rows.map((row) => {
    const cells = row.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - width(cell)));
    return cells.join('  ').trimEnd();
  });
}

/** The same for every text in a record. */
export function harmlessly<T>(record: T): T {
  const clean = (_: string, value: unknown): unknown => (typeof value === 'string' ? harmless(value) : value);
  return JSON.parse(JSON.stringify(record), clean) as T;
}

/** Text that a model or a command wrote, so that it can only be read: no escape sequence, no control character. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}
