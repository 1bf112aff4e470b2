import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { Json, JsonObject, Outcome, StepHost, StepKind } from '@orch/contracts';
import { describe, expect, test } from 'vitest';
import { fakeHost } from './fake-host.ts';
import { tempDir } from './temp-dir.ts';

export type KindExamples = {
  /** Fields as they are when their templates were rendered; at least one that the kind accepts. */
  readonly good: readonly JsonObject[];
  /** Some that it refuses, and the field that is to blame. */
  readonly bad: readonly { readonly input: JsonObject; readonly field: string }[];
  /** Pairs that may not be taken for each other, since they can give different results. */
  readonly different?: readonly (readonly [JsonObject, JsonObject])[] | undefined;
  /** What the examples need of their host beyond what `fakeHost` does. */
  readonly host?: ((dirs: StepHost['dirs']) => Partial<StepHost>) | undefined;
};

/** Milliseconds that a kind may take to notice that it shall stop, and to end. */
const patience = 4_000;

/** What every kind of step must hold, whoever wrote it. Registers its tests. */
export function stepKindSuite(load: () => StepKind | Promise<StepKind>, examples: KindExamples): void {
  const { good, bad, different = [] } = examples;
  const cases = good.map((input) => ({ name: JSON.stringify(input).slice(0, 60), input }));

  async function started(input: JsonObject, more: Partial<StepHost> = {}) {
    const kind = await load();
    const root = tempDir();
    const { dirs } = fakeHost(root).host;
    const { host } = fakeHost(root, { ...examples.host?.(dirs), ...more });
    const before = treeOf(root);
    return { outcome: kind.run(accepted(kind, input), host), changes: () => changed(before, treeOf(root)) };
  }

  test('it has a name that steps can use, and a version that can grow', async () => {
    const { kind, version } = await load();
    expect(kind).toMatch(/^[a-z][a-z0-9_-]{0,63}$/);
    expect(Number.isSafeInteger(version) && version >= 1).toBe(true);
  });

  describe('its input', () => {
    test.each(cases)('accepts $name, also once it went through JSON, and changes nothing of it', async ({ input }) => {
      const kind = await load();
      const copy = structuredClone(input);
      expect(kind.input.safeParse(copy).success).toBe(true);
      expect(copy).toEqual(input);
      expect(kind.input.safeParse(JSON.parse(JSON.stringify(input))).success).toBe(true);
    });

    test.each(cases)('refuses a field that it does not know, by its name: $name', async ({ input }) => {
      expect(refusal(await load(), { ...input, no_such_field: 1 })).toContain('no_such_field');
    });

    test.each(bad)('refuses $input, and names $field', async ({ input, field }) => {
      expect(refusal(await load(), input)).toContain(field);
    });

    test.each([[null], [1], ['text'], [[]], [[{}]], [undefined]])('refuses %j without throwing', async (junk) => {
      expect((await load()).input.safeParse(junk).success).toBe(false);
    });
  });

  describe('its fingerprint', () => {
    test.each(cases)('is JSON, the same each time, whatever the order of the fields: $name', async ({ input }) => {
      const kind = await load();
      const parsed = accepted(kind, input);
      const before = structuredClone(parsed);
      const print = kind.fingerprint(parsed);
      expect(JSON.parse(JSON.stringify(print))).toStrictEqual(print);
      expect(kind.fingerprint(parsed)).toEqual(print);
      expect(kind.fingerprint(accepted(kind, reordered(input) as JsonObject))).toEqual(print);
      expect(parsed).toEqual(before);
    });

    test.each(different.map(([one, other]) => ({ one, other })))('tells $one from $other', async ({ one, other }) => {
      const kind = await load();
      expect(kind.fingerprint(accepted(kind, one))).not.toEqual(kind.fingerprint(accepted(kind, other)));
    });
  });

  describe('when it runs', () => {
    test.each(cases)('it comes to an outcome, and leaves the disc to its host: $name', async ({ input }) => {
      const { outcome, changes } = await started(input);
      requireOutcome(await outcome);
      expect(changes()).toEqual([]);
    });

    test.each(cases)('it comes to the same twice at once: it keeps nothing between runs: $name', async ({ input }) => {
      const two = await Promise.all([started(input), started(input)]);
      const [one, other] = await Promise.all(two.map(({ outcome }) => outcome));
      expect(one?.status).toBe(other?.status);
    });

    test.each(cases)('it takes a refusal of its host for a failure, not for a crash: $name', async ({ input }) => {
      const error = new OrchError('io', 'The disc is full.');
      const refuse = async () => ({ ok: false, error }) as const;
      const { outcome } = await started(input, {
        ...{ ask: refuse, write: refuse },
        runJob: async () => ({ status: 'failed', error }),
      });
      requireOutcome(await outcome);
    });

    test.each(cases)('it ends soon when it is told to stop, before or while it runs: $name', async ({ input }) => {
      const before = AbortSignal.abort(new OrchError('canceled', 'enough'));
      const stop = new AbortController();
      const attempts = [await started(input, { signal: before }), await started(input, { signal: stop.signal })];
      setImmediate(() => stop.abort(new OrchError('canceled', 'enough')));
      const outcomes = Promise.all(attempts.map(({ outcome }) => outcome));
      const ended = await Promise.race([
        outcomes,
        new Promise((resolve) => setTimeout(resolve, patience, 'still runs')),
      ]);
      expect(ended).not.toBe('still runs');
    });
  });
}

function accepted(kind: StepKind, input: JsonObject): unknown {
  const parsed = kind.input.safeParse(structuredClone(input));
  if (parsed.success) return parsed.data;
  throw new Error(`Expected ${kind.kind} to accept ${JSON.stringify(input)}: ${JSON.stringify(parsed.error.issues)}`);
}

/** What it says is wrong: paths and messages. */
function refusal(kind: StepKind, input: JsonObject): string {
  const parsed = kind.input.safeParse(input);
  if (parsed.success) throw new Error(`Expected ${kind.kind} to refuse ${JSON.stringify(input)}, it accepts it.`);
  return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
}

function requireOutcome(outcome: Outcome<Json>): void {
  expect(['succeeded', 'failed', 'waiting']).toContain(outcome.status);
  if (outcome.status === 'failed') expect(OrchError.is(outcome.error)).toBe(true);
  if (outcome.status === 'waiting') expect(outcome.request.question).not.toBe('');
  if (outcome.status === 'succeeded') expect(JSON.parse(JSON.stringify(outcome.output))).toEqual(outcome.output);
}

/** The same value with the keys of its objects the other way round. */
function reordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, reordered(inner)]),
  );
}

function treeOf(root: string): Map<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return new Map(paths.map((path) => [path, contentOf(join(root, path))]));
}

function contentOf(path: string): string {
  return statSync(path).isDirectory() ? '' : readFileSync(path, 'utf8');
}

function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
}
