import type { Accepted } from '@orch/contracts';
import type { OutputChanges } from '../copy-outputs.ts';

/** What a run would do, as far as that is known before it starts. */
export type PlannedRun = {
  readonly project: string;
  readonly planHash: string;
  /** `name` or `name:model`; null when no step asks a model. */
  readonly provider: string | null;
  readonly concurrency: number;
  /** Ids of steps: each level needs at least one step of the one before. */
  readonly levels: readonly (readonly string[])[];
  /** Level by level. */
  readonly steps: readonly PlannedStep[];
  readonly calls: Calls;
  /** Of the questions that are known and not stored; of those steps that are named, they are not known. */
  readonly tokens: { readonly in: number; readonly unknownOf: readonly string[] };
  /** In US dollars: 0 where all who answer are local; null where no price is known. */
  readonly cost: 0 | null;
  /** Where a person will be asked, and what waits for that. */
  readonly waits: readonly { readonly step: string; readonly question: string; readonly blocks: readonly string[] }[];
  /** What would become of the files whose names are known in the job's `output_dir`. */
  readonly outputs?: OutputChanges;
  readonly notes: readonly string[];
};

/**
 * How many calls a run makes: when nothing fails and all is stored that may be, and when all is tried to the end; null
 * where a step of a kind of others may ask.
 */
export type Calls = { readonly least: number; readonly most: number | null };

export type PlannedStep = {
  readonly id: string;
  readonly kind: string;
  readonly level: number;
  readonly needs: readonly string[];
  readonly accept?: { readonly [need: string]: readonly Accepted[] };
  /** Who waits for it. */
  readonly neededBy: readonly string[];
  readonly when?: string;
  /** Its condition does not hold, whatever happens. */
  readonly skipped: boolean;
  /** Only of steps that fan out; null when that will be known once others ran. */
  readonly items?: number | null;
  /** Whom it asks. */
  readonly provider?: string;
  readonly cache: PlannedCache;
  readonly calls: Calls;
  /** Of its known questions, stored ones left out; null when they are not known. */
  readonly tokens: number | null;
  /** Why it will fail. */
  readonly error?: string;
};

/** `never`: it runs in every run · of the questions that are known, how many have a stored answer. */
export type PlannedCache =
  | { readonly is: 'never' }
  | { readonly is: 'known'; readonly stored: number; readonly of: number }
  | { readonly is: 'unknown'; readonly until: string };
