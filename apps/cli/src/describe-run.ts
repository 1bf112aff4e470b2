import type { Manifest, StepSummary } from '@orch/contracts';
import type { ReadRun } from '@orch/sdk';
import { drawTree } from './draw-tree.ts';
import type { Terminal } from './terminal.ts';
import { harmlessly, paintState, plural, seconds, table } from './words.ts';

/** A run for a person: how it ended, its steps, what failed, the files it wrote, its gates, and where it stands. */
export function describeRun(run: ReadRun, terminal: Terminal): string[] {
  const { manifest, status, dir, gates } = harmlessly(run);
  const steps = Object.entries(manifest.steps).map(([id, step]) => stepRow(id, step, terminal));
  return [
    `${terminal.paint('bold', manifest.project)}  ${manifest.job_id}  ${paintState(status, terminal)} after ${seconds(manifest.duration_s)}`,
    ...callLines(manifest),
    '',
    ...table(steps).map((line) => `  ${line}`),
    ...failureLines(manifest, terminal),
    ...fileLines(manifest),
    ...gateLines(gates),
    '',
    `${terminal.paint('dim', 'folder')}  ${dir}`,
  ];
}

function callLines({ provider, costs }: Manifest): string[] {
  if (provider === null) return [];
  const model = provider.model === undefined ? '' : `:${provider.model}`;
  const tokens = `${costs.tokens_in} tokens in, ${costs.tokens_out} out`;
  return [`provider ${provider.provider}${model}, ${plural(costs.provider_calls, 'call')}, ${tokens}`];
}

function stepRow(id: string, step: StepSummary, terminal: Terminal): string[] {
  const { items, cache_hits: hits, provider_calls: calls, attempts } = step;
  const notes = [
    ...(items === undefined ? [] : [`${items.succeeded} of ${plural(items.total, 'item')}`]),
    ...(calls === 0 ? [] : [plural(calls, 'call')]),
    ...(hits === 0 ? [] : [`${hits} from the cache`]),
    ...(attempts < 2 ? [] : [plural(attempts, 'attempt')]),
  ];
  return [
    paintState(step.status, terminal),
    id,
    step.status === 'pending' ? '' : seconds(step.duration_s),
    notes.join(', '),
  ];
}

function failureLines({ failures }: Manifest, terminal: Terminal): string[] {
  if (failures.length === 0) return [];
  const lines = failures.slice(0, 10).flatMap(({ step, item, code, message, hint }) => {
    const where = [step ?? 'job', ...(item === undefined ? [] : [item])].join(' ');
    const said = `${terminal.paint('red', where)} (${code}): ${message}`;
    return [...said.split('\n'), ...(hint === undefined ? [] : [`  ${hint}`])];
  });
  const more = failures.length - 10;
  return ['', ...lines, ...(more > 0 ? [`… and ${more} more in the manifest`] : [])];
}

function fileLines({ files }: Manifest): string[] {
  if (files.length === 0) return [];
  return ['', ...drawTree(files.map(({ path }) => path))];
}

function gateLines(gates: ReadRun['gates']): string[] {
  if (gates.length === 0) return [];
  return ['', ...gates.map(({ gate_id: id, decision }) => `gate ${id}: ${decision}`)];
}
