import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, ModelRequest, OrchEvent, PlanStep, Provider } from '@orch/contracts';
import { startRun } from '@orch/engine';

/** What is known of a step before anything runs. */
export type ProbedStep = {
  /** Absent when it does not fan out, or its items could not be found. */
  readonly items?: number;
  /** Its condition does not hold; of a fan-out, those items for which it does not. */
  readonly skipped: number;
  /** What it will ask first, once an item. */
  readonly requests: readonly ModelRequest[];
  /** Why it will fail. */
  readonly error?: string;
};

type Probing = { readonly limit?: number | undefined; readonly signal?: AbortSignal | undefined };

/**
 * Finds the items, conditions and questions of the steps that need nothing, by running them in a folder that is gone
 * afterwards with a provider that answers nothing. Nothing else of them is done.
 */
export async function probeSteps(job: CompiledJob, { limit, signal }: Probing = {}): Promise<Map<string, ProbedStep>> {
  const steps = job.plan.steps.filter(isKnown).map(toProbe);
  if (steps.length === 0) return new Map();
  const runsDir = mkdtempSync(join(tmpdir(), 'orch-plan-'));
  const requests: ModelRequest[] = [];
  const events: OrchEvent[] = [];
  try {
    const provider = listener(requests);
    const names = Object.keys(job.plan.providers ?? {});
    const ports = { provider, providers: new Map(names.map((name) => [name, provider])), commandEnv: {} };
    const onEvent = (event: OrchEvent): void => void events.push(event);
    await startRun(jobOf(job, steps), ports, { runsDir, limit, signal, onEvent, durability: 'relaxed' }).result;
  } finally {
    rmSync(runsDir, { recursive: true, force: true });
  }
  return new Map(steps.map(({ id }) => [id, summary(id, { requests, events })]));
}

function isKnown({ kind, needs, each, when }: PlanStep): boolean {
  return needs.length === 0 && (kind === 'llm' || each !== undefined || when !== undefined);
}

/** Of any other kind only its condition and its items are looked at. What servers of tools have, nobody asks them. */
function toProbe({ id, kind, when, each, fields, provider, template }: PlanStep): PlanStep {
  const isModel = kind === 'llm';
  const { tools: _, ...question } = fields;
  return {
    ...{ id, kind: 'llm', needs: [], fields: isModel ? question : { prompt: '-' }, retry: once, cache: 'off' },
    ...{ reads: [], writes: [], on_lost: 'rerun', on_failure: 'continue' },
    ...(when !== undefined && { when }),
    ...(each !== undefined && { each }),
    ...(isModel && provider !== undefined && { provider }),
    ...(isModel && template !== undefined && { template }),
  };
}

const once = { tries: 0, backoff: 'fixed', base_s: 0, max_s: 0, jitter: false } as const;

function jobOf(job: CompiledJob, steps: readonly PlanStep[]): CompiledJob {
  const { project, task, provider, providers, vars } = job.plan;
  const plan: CompiledJob['plan'] = {
    ...{ version: 1, project, concurrency: 16, vars, steps, provider: provider ?? { name: 'nobody' } },
    ...(task !== undefined && { task }),
    ...(providers !== undefined && { providers }),
  };
  const { spec, inputs, jobDir } = job;
  return { plan, planHash: sha256(canonicalJson(plan)), spec, inputs, jobDir };
}

const unanswered = 'Nobody is asked: this is only a plan.';

function listener(requests: ModelRequest[]): Provider {
  const hear = (request: ModelRequest): never => {
    requests.push(request);
    throw new OrchError('bad_request', unanswered);
  };
  return {
    name: 'nobody',
    can: { schema: true, tools: true, images: true, local: true, shareable: false },
    identify: ({ model = '' }) => ({ name: 'nobody', model, opts: {} }),
    complete: async (request) => hear(request),
    async *stream(request) {
      hear(request);
    },
    check: async () => ({}),
  };
}

type Heard = { readonly requests: readonly ModelRequest[]; readonly events: readonly OrchEvent[] };

function summary(id: string, { requests, events }: Heard): ProbedStep {
  const own = events.filter(({ step }) => step === id);
  const [items] = own.flatMap((event) => (event.type === 'step.expanded' ? [event.data.count] : []));
  const skipped = own.filter((event) => event.type === 'step.skipped' && event.data.reason === 'condition').length;
  const [error] = own.flatMap((event) => {
    const isOwn = event.type === 'step.failed' && event.data.code !== 'bad_request';
    return isOwn && (event.item !== undefined || items === undefined) ? [event.data.message] : [];
  });
  return {
    ...{ skipped, requests: requests.filter(({ asked }) => asked.step === id && asked.sample === 0) },
    ...(items !== undefined && { items }),
    ...(error !== undefined && { error }),
  };
}
