import { expect } from 'vitest';
import type { Place } from './orch.ts';

/** What `orch show --json` prints, as far as tests read it. */
export type Shown = {
  readonly job_id: string;
  readonly status: string;
  readonly dir: string;
  readonly children: readonly { job_id: string }[];
  readonly steps: Readonly<Record<string, { status: string }>>;
  readonly files: readonly { path: string; sha256: string; size_bytes: number }[];
  readonly failures: readonly { step: string; code: string; message: string }[];
};

export async function show(place: Place, job = 'latest'): Promise<Shown> {
  const { code, stdout, stderr } = await place.orch(['show', job, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Shown;
}
