import { nearest } from '@orch/dag';
import { pathOf } from '../source/written.ts';
import type { Entry } from '../source/written.ts';
import { fieldsOfKinds, kindOfKey, notBuiltFields } from './kinds.ts';
import type { Heading } from './read-step.ts';
import { text } from './type.ts';
import { badId, isId } from './words.ts';

type Entries = ReadonlyMap<string, Entry>;

/** What kind of step it is: as written, or told from its fields, else as the defaults say. Undefined where a problem says why. */
export function kindOf(own: Entries, heading: Heading): string | undefined {
  const { path, problems, defaults } = heading;
  const named = own.get('kind');
  if (named !== undefined) return namedKind(named, heading);
  const marks = marksIn([...own.values()]);
  const [first] = marks;
  if (first !== undefined) return markedKind(marks, heading);
  const inherited = defaults.entries.find(({ key }) => key === 'kind');
  if (inherited !== undefined) return namedKind(inherited, { ...heading, problems: problems.of(inherited) });
  const others = marksIn(defaults.entries);
  if (others.length > 0) return markedKind(others, { ...heading, problems: problems.of(others[0]!) });
  if ([...own.keys()].some(explainsItself)) return undefined;
  const message = `${path}: expected a field that says what it does: ${[...kindOfKey.keys()].join(', ')}; or kind`;
  return problems.add(heading.offset, { code: 'missing', message });
}

function namedKind(entry: Entry, { path, problems }: Heading): string | undefined {
  const at = pathOf(path, entry);
  const name = text.read(entry.value, at, problems);
  if (name === undefined || isId(name)) return name;
  return problems.add(entry.value.span[0], { code: 'bad_value', message: `${at}: ${badId(name)}` });
}

const marksIn = (entries: readonly Entry[]): Entry[] => entries.filter(({ key }) => kindOfKey.has(key));

function markedKind(marks: readonly Entry[], { path, problems }: Heading): string | undefined {
  const [first] = marks as readonly [Entry];
  const kind = kindOfKey.get(first.key)!;
  const other = marks.find(({ key }) => kindOfKey.get(key) !== kind);
  if (other === undefined) return kind;
  const kinds = `${first.key} makes it a step of kind ${kind}, ${other.key} one of kind ${kindOfKey.get(other.key)}`;
  const hint = 'make two steps of it, or write kind';
  return problems.add(other.keySpan[0], { code: 'conflict', message: `${path}: ${kinds}`, hint });
}

/** A key whose own problem says why the kind of its step is not known. */
const explainsItself = (key: string): boolean =>
  notBuiltFields(undefined).has(key) ||
  (!Object.hasOwn(fieldsOfKinds, key) && nearest(key, kindOfKey.keys()) !== undefined);
