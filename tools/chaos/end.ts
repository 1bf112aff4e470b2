import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Manifest, OutputRef } from '../../packages/contracts/src/index.ts';
import { childrenOf, digestOf, filesBelow } from './run-files.ts';

/** What a run came to, as far as it must be the same every time. */
export type End = {
  readonly code: number | null;
  readonly status: string;
  /** Status, digest of the output, and number of items of each step. */
  readonly steps: Readonly<Record<string, readonly unknown[]>>;
  /** Path → digest, as the manifest says and as it is on the disc. */
  readonly files: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** Of the runs that its steps and items began. */
  readonly children: Readonly<Record<string, End>>;
};

export function readEnd(run: string, code: number | null): End {
  const manifest = JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8')) as Manifest;
  const steps = Object.entries(manifest.steps).map(([id, { status, output, items }]): [string, unknown[]] => [
    id,
    [status, output && whatIsSame(output), items],
  ]);
  const outputs = filesBelow(join(run, 'outputs')).map((path) => [relative(run, path), digestOf(readFileSync(path))]);
  return {
    code,
    status: manifest.status,
    steps: Object.fromEntries(steps),
    files: Object.fromEntries(manifest.files.map(({ path, sha256 }) => [path, sha256])),
    outputs: Object.fromEntries(outputs) as Record<string, string>,
    children: Object.fromEntries(childrenOf(run).map(({ name, dir }) => [name, readEnd(dir, null)])),
  };
}

/** Who gave an answer, and when, is another each time. */
function whatIsSame({ sha256, inline }: OutputRef): unknown {
  if (inline?.includes('"answer"') !== true) return sha256;
  return JSON.parse(inline, (name, value: unknown) => (name === 'by' || name === 'at' ? undefined : value)) as unknown;
}

/** In words; none when both came to the same. */
export function differences(expected: End, found: End): string[] {
  return (Object.keys(expected) as (keyof End)[])
    .filter((name) => !isDeepStrictEqual(expected[name], found[name]))
    .map((name) => `${name}: expected ${JSON.stringify(expected[name])}, found ${JSON.stringify(found[name])}`);
}
