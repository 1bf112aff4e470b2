import type { CacheMode, Json } from '@orch/contracts';
import type { Problems } from '../source/problems.ts';
import { suggest } from '../source/suggest.ts';
import type { Written } from '../source/written.ts';
import { checkStep } from './check-step.ts';
import type { Defaults } from './defaults.ts';
import type { DraftStep } from './draft.ts';
import { eachLimits } from './each.ts';
import { kindOf } from './kind-of.ts';
import { fieldsOfKinds, kindNamed, notBuiltFields } from './kinds.ts';
import type { Kind } from './kinds/kind.ts';
import { readFields } from './read-fields.ts';
import type { Shape } from './read-fields.ts';
import { stepFieldNames, stepFields } from './step-fields.ts';
import type { NamedProvider } from './step-provider.ts';
import { expected } from './type.ts';

/** What a step is called and where, and what the job gives all its steps. */
export type Heading = {
  readonly id: string;
  readonly path: string;
  readonly offset: number;
  readonly problems: Problems;
  readonly defaults: Defaults;
};

/** Reads one step. Undefined when it is no map. */
export function readStep(body: Written, heading: Heading): DraftStep | undefined {
  const { path, problems, defaults } = heading;
  if (body.type !== 'map') return expected('a map of step fields', body, { path, problems });
  const own = new Map(body.entries.map((entry) => [entry.key, entry]));
  const kind = kindOf(own, heading);
  const table = kind === undefined ? undefined : (kindNamed(kind) ?? ownKind);
  const entries = [...body.entries, ...defaults.for(table, own)];
  const shape = { ...(table?.shape ?? fieldsOfKinds), ...stepFields };
  const known = {
    shape,
    notBuilt: notBuiltFields(table),
    misplaced: misplacedIn(kind, table),
    isOpen: table === ownKind,
  };
  const fields = readFields({ ...body, entries }, known, { path, problems });
  const written = new Map(entries.map((entry) => [entry.key, entry]));
  if (kind !== undefined && table !== undefined) checkStep({ kind, table, written }, heading);
  return { ...drafted(fields, kind), id: heading.id, path, offset: heading.offset, source: problems.source, written };
}

/** A kind that others brought: it has a provider like any, and what else it has it checks itself. */
const ownKind: Kind = { about: '', shape: { provider: kindNamed('llm')!.shape['provider']! }, needsOne: [], tries: 0 };

type Read = ReturnType<typeof readFields<typeof stepFields & Shape>>;

function drafted(fields: Read, kind: string | undefined) {
  const { needs = [], when, each, retry, timeout_s, code_version, repeat_until, template } = fields;
  const { reads = [], writes = [], on_lost = 'rerun', on_failure = 'abort', min_success = 1, assert = [] } = fields;
  const provider = fields['provider'] as NamedProvider | undefined;
  return {
    ...{ kind, needs, reads, writes, on_lost, on_failure, min_success, assert },
    cache: normalised(kind, fields.cache ?? 'auto'),
    fields: kindFields(fields),
    ...(when !== undefined && { when }),
    ...(each !== undefined && { each }),
    ...(provider !== undefined && { provider }),
    ...(retry !== undefined && { retry }),
    ...(timeout_s !== undefined && { timeout_s }),
    ...(code_version !== undefined && { code_version }),
    ...(repeat_until !== undefined && { repeat_until }),
    ...(template !== undefined && { template }),
  };
}

/** Replies are shared in every mode but `off`: for models, `on` means `auto`. */
function normalised(kind: string | undefined, cache: CacheMode): CacheMode {
  return kind === 'llm' && cache === 'on' ? 'auto' : cache;
}

/** Why a field of another kind does not fit. */
function misplacedIn(kind: string | undefined, table: Kind | undefined): (key: string) => string | undefined {
  return (key) => {
    if (key === 'id') return 'the id of a step is its key in the map';
    if (eachLimits.has(key)) return `belongs inside each: {…, ${key}: …}`;
    if (table === undefined || !Object.hasOwn(fieldsOfKinds, key)) return undefined;
    return `no field of a step of kind ${kind}${suggest(key, Object.keys(table.shape))}`;
  };
}

/** The fields of its kind: all that a step of any kind has not. Its provider is the plan's affair. */
function kindFields(fields: { readonly [field: string]: unknown }): { [field: string]: Json } {
  const own = Object.entries(fields as { [field: string]: Json });
  return Object.fromEntries(own.filter(([name]) => !stepFieldNames.has(name) && name !== 'provider'));
}
