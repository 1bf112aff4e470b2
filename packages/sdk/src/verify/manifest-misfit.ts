import type { Manifest } from '@orch/contracts';
import { toManifest } from '@orch/events';
import type { RunView } from '@orch/events';
import type { Misfit } from './misfit.ts';

/** Looks whether a manifest is the fold of the log up to its watermark, where the run stands now. */
export function manifestMisfit(
  run: RunView,
  planned: ReadonlySet<string> | undefined,
  written: Manifest,
): Misfit | undefined {
  const folded: unknown = JSON.parse(JSON.stringify(toManifest({ ...run, planned }, written.log)));
  const difference = firstDifference(folded, written, '');
  return difference && { what: 'the manifest, as the fold of the log', ...difference };
}

type Difference = Omit<Misfit, 'what'>;

function firstDifference(expected: unknown, found: unknown, at: string): Difference | undefined {
  if (!isContainer(expected) || !isContainer(found) || Array.isArray(expected) !== Array.isArray(found)) {
    return expected === found
      ? undefined
      : { path: `manifest.json${at}`, expected: words(expected), found: words(found) };
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const difference = firstDifference(expected[key], found[key], `${at}/${key}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const longest = 100;

function words(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= longest ? text : `${text.slice(0, longest)} …`;
}
