import type { Manifest, StepSummary } from '@orch/contracts';
import type { ReadRun } from '@orch/sdk/read';
import { drawTree } from './draw-tree.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { fewOf, harmless, harmlessly, paintState, plural, seconds, table } from '../terminal/words.ts';

/** How many of each are listed. */
const most = { steps: 40, failures: 10, gates: 20, children: 20 };

/** A run for a person: how it ended, its steps, what failed, the files it wrote, its gates, and where it stands. */
export function describeRun(run: ReadRun, terminal: Terminal): string[] {
  const { reasons, continued, estimated } = run;
  const { manifest, status, dir, gates, children } = harmlessly(run);
  return [
    `${terminal.paint('bold', manifest.project)}  ${manifest.job_id}  ${paintState(status, terminal)} after ${seconds(manifest.duration_s)}`,
    ...parentLines(manifest),
    ...callLines(manifest, { isParent: children.length > 0, estimated }),
    '',
    ...stepLines(manifest, reasons, terminal),
    ...childLines(children, terminal),
    ...failureLines(manifest, continued, terminal),
    ...fileLines(manifest),
    ...gateLines(gates),
    '',
    `${terminal.paint('dim', 'folder')}  ${dir}`,
  ];
}

function parentLines({ parent }: Manifest): string[] {
  return parent === undefined ? [] : [`begun by ${unitName(parent)} of ${parent.job_id}`];
}

type Child = ReadRun['children'][number];

/** Of many, first of all those that did not succeed. */
function childLines(children: readonly Child[], terminal: Terminal): string[] {
  if (children.length === 0) return [];
  const isDone = ({ status }: Child): boolean => status === 'succeeded';
  const shown = new Set(
    [...children.filter((one) => !isDone(one)), ...children.filter(isDone)].slice(0, most.children),
  );
  const rows = children
    .filter((child) => shown.has(child))
    .map((child) => ['↳', child.job_id, stateOf(child, terminal), unitName(child)]);
  const more = children.length - shown.size;
  return ['', ...table(rows).map((line) => `  ${line}`), ...(more > 0 ? [`  … and ${more} more`] : [])];
}

function stateOf({ status }: Child, terminal: Terminal): string {
  return status === undefined ? 'not here' : paintState(status, terminal);
}

function unitName({ step, item }: { readonly step: string; readonly item?: string | undefined }): string {
  return item === undefined ? `step ${step}` : `step ${step} ${item}`;
}

/** Calls of the runs that its steps began count, too; a run that only began others may know no provider. */
function callLines(
  { provider, costs }: Manifest,
  { isParent, estimated }: { readonly isParent: boolean; readonly estimated: boolean },
): string[] {
  const { in_doubt: doubt } = costs;
  const doubtful = doubt === 0 ? [] : [`in doubt: ${plural(doubt, 'call')} without an answer, may have been paid for`];
  if (costs.provider_calls === 0 && (provider === null || isParent)) return doubtful;
  const model = provider?.model === undefined ? '' : `:${provider.model}`;
  const who = provider === null ? '' : `provider ${provider.provider}${model}, `;
  const about = estimated ? '~' : '';
  const tokens = `${about}${costs.tokens_in} tokens in, ${about}${costs.tokens_out} out`;
  return [`${who}${plural(costs.provider_calls, 'call')}, ${tokens}`, ...doubtful];
}

type Named = readonly [id: string, step: StepSummary];

type Reasons = ReadRun['reasons'];

/** In the order of the plan; of many, first of all those that did not succeed. */
function stepLines({ steps }: Manifest, reasons: Reasons, terminal: Terminal): string[] {
  const all: readonly Named[] = Object.entries(steps);
  const isPlain = ([, { status }]: Named): boolean => plain.has(status);
  const shown = new Set([...all.filter((one) => !isPlain(one)), ...all.filter(isPlain)].slice(0, most.steps));
  const rows = all.filter((one) => shown.has(one)).map((one) => stepRow(one, reasons, terminal));
  const rest = all.filter((one) => !shown.has(one));
  return [...table(rows), ...restLines(rest)].map((line) => `  ${line}`);
}

/** Of these, one says as much as another. */
const plain: ReadonlySet<string> = new Set(['succeeded', 'skipped', 'pending']);

function restLines(rest: readonly Named[]): string[] {
  if (rest.length === 0) return [];
  const counts = [...Map.groupBy(rest, ([, { status }]) => status)].map(
    ([status, { length }]) => `${length} ${status}`,
  );
  return [`… and ${rest.length} more: ${counts.join(', ')}`];
}

function stepRow([id, step]: Named, reasons: Reasons, terminal: Terminal): string[] {
  const { status, items, cache_hits: hits, provider_calls: calls, attempts } = step;
  const notes = [
    ...(items === undefined ? [] : [`${items.succeeded} of ${plural(items.total, 'item')}`]),
    ...(calls === 0 ? [] : [plural(calls, 'call')]),
    ...(hits === 0 ? [] : [`${hits} from the cache`]),
    ...(attempts < 2 || status === 'waiting' ? [] : [plural(attempts, 'attempt')]),
    ...(status === 'skipped' || status === 'canceled' ? [reasonOf(reasons.get(id))] : []),
  ];
  return [
    paintState(status, terminal),
    id,
    status === 'pending' || status === 'skipped' ? '' : seconds(step.duration_s),
    notes.filter((note) => note !== '').join(', '),
  ];
}

function reasonOf(reason = ''): string {
  return reason === 'job_failed' ? 'another step failed' : harmless(reason);
}

function failureLines(manifest: Manifest, continued: ReadRun['continued'], terminal: Terminal): string[] {
  const { failures } = manifest;
  if (failures.length === 0) return [];
  const lines = failures.slice(0, most.failures).flatMap((failure) => {
    const { step, item, code, message, hint } = failure;
    const where = [step ?? 'job', ...(item === undefined ? [] : [item])].join(' ');
    const wentOn = isContinued(failure, manifest, continued);
    const kind = wentOn ? `${code}, the job went on` : code;
    const said = `${terminal.paint(wentOn ? 'yellow' : 'red', where)} (${kind}): ${message}`;
    return [...said.split('\n'), ...(hint === undefined ? [] : [`  ${hint}`])];
  });
  const more = failures.length - most.failures;
  return ['', ...lines, ...(more > 0 ? [`… and ${more} more in the manifest`] : [])];
}

/** A fan-out that fails as a whole is not gone on without, nor are its items. */
function isContinued(
  { step, item }: Manifest['failures'][number],
  { steps }: Manifest,
  continued: ReadRun['continued'],
): boolean {
  const what = step === null ? undefined : continued.get(step);
  if (step === null || what === undefined) return false;
  return item === undefined ? what === 'step' : steps[step]?.status !== 'failed';
}

function fileLines({ files }: Manifest): string[] {
  if (files.length === 0) return [];
  return ['', ...drawTree(files.map(({ path }) => path))];
}

function gateLines(gates: ReadRun['gates']): string[] {
  if (gates.length === 0) return [];
  const lines = gates.map(({ gate_id: id, decision }) => `gate ${id}: ${decision}`);
  return ['', ...fewOf(lines, most.gates)];
}
