import { inside } from '../source/written.ts';
import type { Entry } from '../source/written.ts';
import { textOrSecret } from './text-or-secret.ts';
import type { TextOrSecret } from './text-or-secret.ts';
import { expected, mapOf, refined } from './type.ts';
import type { At, Type } from './type.ts';
import { untemplated } from './untemplated.ts';

/** RFC 9110, 5.6.2. */
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** What a header can carry, and every server takes. */
const VALUE = /^[\x20-\x7e]*$/;

/** Those that say how a request is sent, not what. */
const ownHeaders: ReadonlySet<string> = new Set(['connection', 'content-length', 'host', 'transfer-encoding']);

/** Those that let somebody in: what they hold would be kept with every run. */
const carriesKey =
  /^(?:proxy-)?authorization$|^cookie$|(?:api|auth|access|subscription)[-_]?key|secret|password|token(?!s)/i;

const value = refined(textOrSecret, (given) => (typeof given === 'string' ? badValue(given) : undefined));

/** Headers of a request: name → text or secret. */
export const headers: Type<Readonly<Record<string, TextOrSecret>>> = untemplated({
  schema: { type: 'object', propertyNames: { pattern: NAME.source }, additionalProperties: value.schema },
  read: (written, path, problems) => {
    if (written.type !== 'map') return expected('a map of headers', written, { path, problems });
    for (const [at, entry] of written.entries.entries()) {
      checkName(entry, written.entries.slice(0, at), { path, problems });
    }
    const read = mapOf(value, 'headers').read(written, path, problems);
    for (const entry of written.entries) checkSecret(entry, read?.[entry.key], { path, problems });
    return read;
  },
});

function checkName({ key, keySpan }: Entry, before: readonly Entry[], { path, problems }: At): void {
  const note = (code: 'bad_value' | 'duplicate_key', why: string): void =>
    problems.add(keySpan[0], { code, message: `${inside(path, key)}: ${why}` });
  if (!NAME.test(key)) note('bad_value', 'expected the name of a header, such as X-Team');
  else if (ownHeaders.has(key.toLowerCase())) note('bad_value', 'this header is set by whoever sends the request');
  const first = before.find((other) => other.key.toLowerCase() === key.toLowerCase());
  if (first !== undefined) note('duplicate_key', `the same header as ${first.key}`);
}

function checkSecret({ key, keySpan }: Entry, value: TextOrSecret | undefined, { path, problems }: At): void {
  if (typeof value !== 'string' || !carriesKey.test(key)) return;
  const message = `${inside(path, key)}: expected {secret: NAME}, got a text: a key that stands in the job is kept with every run`;
  const hint = 'put it into a variable of the environment, and name that';
  problems.add(keySpan[0], { code: 'bad_value', message, hint });
}

function badValue(text: string): string | undefined {
  return VALUE.test(text) ? undefined : 'expected printable ASCII in one line, as a header can carry it';
}
