import { gate, shell } from './kinds/command.ts';
import { files } from './kinds/files.ts';
import type { Kind } from './kinds/kind.ts';
import { llm } from './kinds/llm.ts';
import { approve, job, module, patch } from './kinds/others.ts';
import type { Shape } from './read-fields.ts';

/** The kinds of step that orch brings. */
export const kinds = { llm, shell, files, patch, gate, approve, job, module } as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

export const kindNames = Object.keys(kinds) as KindName[];

export const isKindName = (name: string): name is KindName => Object.hasOwn(kinds, name);

/** The table of a kind; undefined for one that others brought. */
export const kindNamed = (name: string): Kind | undefined => (isKindName(name) ? kinds[name] : undefined);

const all: readonly Kind[] = Object.values(kinds);

/** A key that says which kind a step is, when `kind` is not written. */
export const kindOfKey: ReadonlyMap<string, KindName> = new Map(
  kindNames.flatMap((name) => {
    const { needsOne, named }: Kind = kinds[name];
    return named === true ? [] : needsOne.map((key) => [key, name] as const);
  }),
);

/** Every field of every kind. */
export const fieldsOfKinds: Shape = Object.assign({}, ...all.map(({ shape }) => shape)) as Shape;

/** Fields of every step in the job language that this version does not carry out. */
const stepFieldsNotBuilt = [
  ...['budget', 'priority', 'conflict_group', 'parallel_ok', 'workstream', 'phase', 'risk', 'complexity', 'task_kind'],
];

/** The same with those of one kind, or of all where the kind is not known. */
export function notBuiltFields(kind: Kind | undefined): ReadonlySet<string> {
  const own = kind === undefined ? all.flatMap(({ notBuilt = [] }) => notBuilt) : (kind.notBuilt ?? []);
  return new Set([...stepFieldsNotBuilt, ...own]);
}
