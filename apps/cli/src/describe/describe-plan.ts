import type { Calls, OutputChanges, PlannedCache, PlannedRun, PlannedStep } from '@orch/sdk';
import type { Terminal } from '../terminal/terminal.ts';
import { fewOf, harmlessly, plural, table } from '../terminal/words.ts';

const most = { steps: 200, files: 20 };

/** What a run would do, for a person: level by level, then where it stops, what it calls and may cost, what it writes. */
export function describePlan(planned: PlannedRun, terminal: Terminal): string[] {
  const plan = harmlessly(planned);
  const { paint } = terminal;
  const who = plan.provider === null ? 'no step asks a model' : `provider ${plan.provider}`;
  return [
    `${paint('bold', plan.project)}  ${plural(plan.steps.length, 'step')} in ${plural(plan.levels.length, 'level')}, ${plan.concurrency} at once, ${who}`,
    '',
    ...fewOf(table(plan.steps.map((step) => row(step, terminal))), most.steps),
    '',
    ...waitLines(plan),
    ...costLines(plan),
    ...(plan.outputs === undefined ? [] : outputLines(plan.outputs, 'would')),
    ...plan.notes,
  ];
}

function row(step: PlannedStep, { paint }: Terminal): string[] {
  const { id, kind, level, needs, accept = {}, neededBy } = step;
  const after = needs.map((need) => (accept[need] === undefined ? need : `${need} (${accept[need].join(', ')})`));
  return [
    paint('dim', `level ${level + 1}`),
    paint('bold', id),
    kind,
    after.length === 0 ? '' : `after ${after.join(', ')}`,
    neededBy.length === 0 ? '' : `before ${neededBy.join(', ')}`,
    notes(step).join(', '),
  ];
}

function notes(step: PlannedStep): string[] {
  const { items, when, skipped, error, calls, tokens } = step;
  if (error !== undefined) return [`will fail: ${error}`];
  if (skipped) return [`skipped: not ${when}`];
  return [
    ...(when === undefined ? [] : [`when ${when}`]),
    ...(items === undefined ? [] : [items === null ? 'items unknown until others ran' : plural(items, 'item')]),
    ...(calls.most === 0 ? [] : [callWords(calls)]),
    ...(tokens === null || tokens === 0 ? [] : [`about ${tokens} tokens in`]),
    ...cacheWords(step.cache),
  ];
}

function callWords({ least, most: upTo }: Calls): string {
  if (upTo === null) return least === 0 ? 'any number of calls' : `${least} or more calls`;
  if (least === upTo) return plural(least, 'call');
  return least === 0 ? `up to ${plural(upTo, 'call')}` : `${least} to ${plural(upTo, 'call')}`;
}

function cacheWords(cache: PlannedCache): string[] {
  if (cache.is === 'never') return [];
  if (cache.is === 'unknown') return [`cached: unknown until ${cache.until}`];
  return [cache.stored === 0 ? 'not cached' : `${cache.stored} of ${cache.of} cached`];
}

function waitLines({ waits }: PlannedRun): string[] {
  return waits.map(({ step, question, blocks }) => {
    const behind = blocks.length === 0 ? '' : `; behind it: ${blocks.join(', ')}`;
    return `stops at ${step} for an answer: ${question.split('\n')[0] ?? ''}${behind}`;
  });
}

function costLines({ steps, calls, tokens, cost }: PlannedRun): string[] {
  if (calls.most === 0) return ['calls   none, costs nothing'];
  const unknown = tokens.unknownOf.length === 0 ? [] : [`unknown for ${fewOf(tokens.unknownOf, 5).join(', ')}`];
  const askers = steps.filter((step) => step.calls.most === null).map(({ id }) => id);
  const whose = askers.length === 0 ? '' : `: what ${fewOf(askers, 5).join(', ')} asks is not known`;
  const known = tokens.in === 0 && unknown.length > 0 ? [] : [`about ${tokens.in} in`];
  return [
    `calls   ${callWords(calls)}${whose}`,
    `tokens  ${[...known, ...unknown].join(', and ')}`,
    `cost    ${cost === 0 ? '0, who answers is local' : 'unknown: orch knows no prices yet'}`,
  ];
}

/** What becomes of the files in an `output_dir`. */
export function outputLines({ dir, created, replaced, unchanged, foreign }: OutputChanges, would?: 'would'): string[] {
  const verb = (done: string, plain: string): string => (would === undefined ? done : `would ${plain}`);
  const rows = [
    ...created.map((path) => `  ${verb('created', 'create')}  ${path}`),
    ...replaced.map((path) => `  ${verb('replaced', 'replace')}  ${path}`),
    ...foreign.map((path) => `  refuses to replace  ${path}, which orch did not write (--force)`),
  ];
  const same = unchanged.length === 0 ? '' : `, ${plural(unchanged.length, 'file')} as before`;
  return [`output_dir ${dir}${same}`, ...fewOf(rows, most.files)];
}
