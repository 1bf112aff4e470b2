import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { canonicalJson } from '@orch/cache';
import type { Json, PlanStep } from '@orch/contracts';
import type { FieldChange, TracedRun, TracedUnit } from '@orch/engine';
import type { ChangedPart } from './diff-runs.ts';
import type { PastInputs } from './past-inputs.ts';
import { findReads } from '../prepare/reads-of-job.ts';

/** Of a step whose files changed, where their digests were not kept. */
export type ReadsNow = {
  /** The files that it reads now. */
  readonly now: readonly string[];
  /** Those of them that changed on disc after the step began, by their modification time. */
  readonly since: readonly string[];
};

export type UntoldChanges = {
  readonly parts: readonly ChangedPart[];
  readonly changes: readonly FieldChange[];
  readonly reads?: ReadsNow | undefined;
};

/** A unit of one run, and what that run keeps. */
export type Side = { readonly run: TracedRun; readonly unit: TracedUnit; readonly past: PastInputs };

/**
 * What can be told of a step or item of two runs whose input hashes differ, when it is not known what one was made from:
 * then the files that it read are not those that are there now.
 */
export async function untoldChanges(a: Side, b: Side): Promise<UntoldChanges> {
  const [step, other] = [stepOf(a), stepOf(b)];
  if (step === undefined || other === undefined) return { parts: [], changes: [] };
  if (a.unit.item !== undefined) return itemChanges(a, b);
  if (step.each !== undefined && other.each !== undefined) return { parts: ['items'], changes: [] };
  const hasSameNeeds = step.needs.every((need) => madeIn(a, need) === madeIn(b, need));
  const parts: ChangedPart[] = hasSameNeeds ? [] : ['need'];
  if (step.reads.length === 0 && other.reads.length === 0) return { parts, changes: [] };
  const isOneKnown = a.unit.inputs !== undefined || b.unit.inputs !== undefined;
  if (isOneKnown || (hasSameNeeds && isAskedTheSame(a, b))) parts.push('files read');
  return { parts, changes: [], reads: await readsNow(a.unit.inputs === undefined ? a : b) };
}

function stepOf({ run, unit }: Side): PlanStep | undefined {
  return run.job.plan.steps.find(({ id }) => id === unit.step);
}

function itemChanges(a: Side, b: Side): UntoldChanges {
  const [before, now] = [a, b].map(({ past, unit }) => past.item(unit.step, unit.item ?? ''));
  if (before === undefined || now === undefined || canonicalJson(before) === canonicalJson(now)) {
    return { parts: [], changes: [] };
  }
  const [old, file] = [fileOf(before), fileOf(now)];
  if (old === undefined || file === undefined || old.path !== file.path) {
    return { parts: ['items'], changes: [{ field: 'item', before, now }] };
  }
  return { parts: ['files read'], changes: [{ field: `file ${file.path}`, before: old.sha256, now: file.sha256 }] };
}

/** An item of `each: {files}`. */
function fileOf(item: Json): { readonly path: string; readonly sha256: string } | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const { path, sha256 } = item as { readonly [key: string]: Json };
  return typeof path === 'string' && typeof sha256 === 'string' ? { path, sha256 } : undefined;
}

/** Whether nothing but files can have made the difference between two steps with the same needs. */
function isAskedTheSame(a: Side, b: Side): boolean {
  return canonicalJson(askedOf(a)) === canonicalJson(askedOf(b));
}

/** What the plan says that a step is made from. */
function askedOf(side: Side): Json {
  const { task = null, vars, provider = null } = side.run.job.plan;
  return { step: stepOf(side) ?? null, task, vars, provider };
}

function madeIn({ run }: Side, step: string): string | undefined {
  const made = run.units.find((unit) => unit.step === step && unit.item === undefined)?.made;
  return made && canonicalJson([made.output.sha256, made.files.map(({ path, sha256 }) => [path, sha256])]);
}

async function readsNow(side: Side): Promise<ReadsNow> {
  const { run, unit, past } = side;
  const { jobDir } = run.job;
  const now = await findReads(stepOf(side)?.reads ?? [], jobDir);
  const began = Date.parse(past.startedAt(unit) ?? '');
  return { now, since: now.filter((path) => statSync(resolve(jobDir, path)).mtimeMs > began) };
}
