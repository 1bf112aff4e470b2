import { filters, Liquid, toValue } from 'liquidjs';
import type { FilterImplOptions } from 'liquidjs';

/** Liquid without what bypasses quoting, evaluates text, or reads files, chance or the clock. */
export function createLanguage(print: (this: FilterThis, value: unknown) => string): Liquid {
  const language = new Liquid({
    strictFilters: true,
    ownPropertyOnly: true,
    outputEscape: print,
    timezoneOffset: 0,
    locale: 'en-US',
    parseLimit: 1e7,
    memoryLimit: 1e8,
    renderLimit: 5_000,
  });
  for (const name of removedFilters) language.unregisterFilter(name);
  for (const name of removedTags) delete language.tags[name];
  for (const name of dateFilters) language.registerFilter(name, withoutClock(handlerOf(name)));
  for (const name of textFilters) language.registerFilter(name, onText(handlerOf(name)));
  for (const name of joiningFilters) language.registerFilter(name, onTexts(handlerOf(name)));
  return language;
}

/** `raw` bypasses quoting, `sample` reads chance, `…_exp` evaluate text as templates. */
const removedFilters = [
  ...['raw', 'sample'],
  ...['where_exp', 'reject_exp', 'group_by_exp', 'has_exp', 'find_exp', 'find_index_exp'],
];

export const removedTags = ['include', 'render', 'layout', 'block'];

const dateFilters = ['date', 'date_to_xmlschema', 'date_to_rfc822', 'date_to_string', 'date_to_long_string'];

const textFilters = [
  ...['append', 'prepend', 'capitalize', 'downcase', 'upcase', 'strip', 'lstrip', 'rstrip', 'strip_newlines', 'squish'],
  ...['normalize_whitespace', 'number_of_words', 'remove', 'remove_first', 'remove_last', 'replace', 'replace_first'],
  ...['replace_last', 'split', 'truncate', 'truncatewords', 'escape', 'escape_once', 'xml_escape', 'strip_html'],
  ...['newline_to_br', 'url_encode', 'cgi_escape', 'uri_escape', 'slugify', 'base64_encode', 'sha256', 'hmac_sha256'],
];
const joiningFilters = ['join', 'array_to_sentence_string'];

type FilterThis = { readonly context: { getRegister<T>(key: string, first: T): T } };
type Handler = (this: unknown, value: unknown, ...args: unknown[]) => unknown;

function handlerOf(name: string): Handler {
  const filter = filters[name] as FilterImplOptions;
  return (typeof filter === 'function' ? filter : filter.handler) as Handler;
}

function withoutClock(date: Handler): Handler {
  return function (value, ...args) {
    if (value === 'now' || value === 'today') throw new Error(clockRead(value));
    return date.call(this, value, ...args);
  };
}

export const clockRead = (word: string): string =>
  `'${word}' would read the clock; write now | date: …, the start of the run`;

/** Objects and lists are text as JSON there too, not `[object Object]`. */
function onText(filter: Handler): Handler {
  return function (...args) {
    return filter.apply(this, args.map(jsonText) as [unknown, ...unknown[]]);
  };
}

function onTexts(filter: Handler): Handler {
  return function (value, ...args) {
    return filter.call(this, Array.isArray(value) ? value.map(jsonText) : value, ...args);
  };
}

/** A value as templates print it: objects and lists as JSON, nil as nothing. */
export function printed(value: unknown): string {
  const plain: unknown = toValue(value);
  if (plain === null || plain === undefined) return '';
  if (typeof plain === 'number' || typeof plain === 'boolean') return String(plain);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}

const jsonText = (value: unknown): unknown => (typeof value === 'object' && value !== null ? printed(value) : value);

/** For every text but shell lines. */
export const plainLanguage = createLanguage(printed);
