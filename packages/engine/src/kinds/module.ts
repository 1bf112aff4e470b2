import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { canonicalJson } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { FileRef, Json, JsonObject, StepHost, StepKind, StepScope, WriteMode } from '@orch/contracts';
import { digestModule } from '@orch/spec';
import { z } from 'zod';
import { homeOf } from '../read-job.ts';
import { pathOfFault } from './path-of-fault.ts';

const input = z.strictObject({ uses: z.string(), code_sha256: z.string() });

/** What the function that a module exports is called with. */
export type ModuleContext = StepScope & {
  readonly signal: AbortSignal;
  /** Writes a file below the folder of outputs and puts it into the log. */
  readonly write: (path: string, content: string | Uint8Array, mode?: WriteMode) => Promise<FileRef>;
  /** Adds steps to the plan of this run: a map by id, in the job language. */
  readonly addSteps: (steps: JsonObject) => void;
  /** Adds a line to the log of the step. */
  readonly log: (line: string) => void;
};

export type ModuleFunction = (context: ModuleContext) => unknown;

/** Calls the function that a module of the job exports; what it returns, as JSON, is the result. */
export const moduleKind: StepKind<z.infer<typeof input>> = {
  kind: 'module',
  version: 1,
  input,
  scoped: true,
  fingerprint: ({ code_sha256 }) => ({ code_sha256 }),
  async run({ uses, code_sha256 }, host) {
    try {
      const home = homeOf(uses, host.dirs);
      await requireSameCode(home, { uses, code_sha256 });
      const run = await load(resolve(home, uses), { uses, code_sha256 });
      const steps = new Map<string, Json>();
      const returned: unknown = await run(contextOf(host, (more) => addSteps(steps, more, uses)));
      const output = asJson(returned, `${uses} returned`);
      if (steps.size === 0) return { status: 'succeeded', output };
      return { status: 'succeeded', output, steps: Object.fromEntries(steps) };
    } catch (error) {
      if (OrchError.is(error)) return { status: 'failed', error };
      return { status: 'failed', error: thrown(error, { uses, host }) };
    }
  },
};

/** A plan names the code that it runs: other code must not run in its name. */
async function requireSameCode(jobDir: string, { uses, code_sha256 }: z.infer<typeof input>): Promise<void> {
  const found = await digestModule(uses, { jobDir, readFile: (path) => readFile(path, 'utf8') });
  if (found.ok && found.value === code_sha256) return;
  const came = found.ok ? 'it or a file that it imports has changed' : found.error;
  throw new OrchError('conflict', `Expected ${uses} as it was when the run was planned: ${came}.`, {
    hint: 'To go on with the new code, compile the job anew: orch resume … --spec and the job file.',
  });
}

/** By its digest, since Node keeps modules by their URL: an edited one is another module. */
async function load(file: string, { uses, code_sha256 }: z.infer<typeof input>): Promise<ModuleFunction> {
  const url = pathToFileURL(file);
  url.searchParams.set('sha256', code_sha256);
  const loaded = (await import(url.href)) as { default?: unknown };
  if (typeof loaded.default === 'function') return loaded.default as ModuleFunction;
  throw new OrchError(
    'module_failed',
    `Expected ${uses} to export a function as default, got ${typeof loaded.default}.`,
    {
      hint: 'export default async function ({ steps, vars, item }) { … }',
      retryable: false,
    },
  );
}

function contextOf(host: StepHost, addSteps: ModuleContext['addSteps']): ModuleContext {
  return {
    ...host.scope,
    addSteps,
    signal: host.signal,
    log: (line) => host.log(`${line}\n`),
    async write(path, content, mode) {
      const written = await host.write(path, content, mode);
      if (!written.ok) throw written.error;
      return written.value;
    },
  };
}

function addSteps(steps: Map<string, Json>, more: unknown, uses: string): void {
  const map = asJson(more, `${uses} added`);
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    const got = Array.isArray(map) ? 'a list' : JSON.stringify(map);
    throw new OrchError('spec', `addSteps of ${uses}: expected a map of steps by id, got ${got}.`, {
      hint: "addSteps({ greet: { run: 'echo hi' } })",
    });
  }
  for (const [id, step] of Object.entries(map)) {
    if (steps.has(id)) throw new OrchError('spec', `Expected ${uses} to add each step once, it adds ${id} twice.`);
    steps.set(id, step);
  }
}

/** `told`: who came to the value, such as `fit.ts returned`. */
function asJson(value: unknown, told: string): Json {
  const output = (value ?? null) as Json;
  try {
    canonicalJson(output);
    return output;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const path = pathOfFault(output);
    const what = path === '' ? told : `${told} at ${path}`;
    throw new OrchError('module_failed', `${what}: ${reason}`, { cause: error, retryable: false });
  }
}

function thrown(error: unknown, { uses, host }: { readonly uses: string; readonly host: StepHost }): OrchError {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof TypeError ? whatItSees(host) : undefined;
  return new OrchError('module_failed', `${uses}: ${message}`, { cause: error, hint });
}

/** Most often it reads a step that it does not need. */
function whatItSees({ scope: { steps } }: StepHost): string {
  const seen = Object.keys(steps);
  return `A module sees only the steps that \`needs\` names: ${seen.length === 0 ? 'here none' : seen.join(', ')}.`;
}
