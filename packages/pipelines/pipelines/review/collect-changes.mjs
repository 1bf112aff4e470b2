import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRepository } from './git.mjs';
import { openOwnFiles } from './own-files.mjs';
import { requireSeverity } from './severity.mjs';

/**
 * @typedef {object} Vars
 * @property {string} base
 * @property {string} files
 * @property {string} paths
 * @property {readonly string[]} ignore
 * @property {string} fail_on
 * @property {string} sarif
 * @property {number | string} max_files
 * @property {number | string} max_kb
 *
 * @typedef {object} Context
 * @property {Vars} vars
 * @property {{ given: { output: readonly string[] | null } }} steps
 * @property {{ dir: string }} job
 * @property {{ dir: string }} run
 * @property {AbortSignal} signal
 * @property {(line: string) => void} log
 *
 * @typedef {{ path: string, diff: string, text: string, cut: boolean }} ReviewedFile
 * @typedef {{ base: string, files: ReviewedFile[], left_out: { path: string, why: string }[] }} Changes
 */

/**
 * What is reviewed: the given files, or those that differ from where the work left `base`, untracked ones as well.
 *
 * @param {Context} context
 * @returns {Promise<Changes>}
 */
export default async function collectChanges(context) {
  const { vars, steps } = context;
  requireSeverity(vars.fail_on);
  if (vars.files === '') return collectDiff(context);
  const own = await openOwnFiles(context);
  const paths = (steps.given.output ?? []).filter((path) => !own.has(join(own.home, path)));
  if (paths.length === 0) throw new Error(`Expected files that fit ${vars.files} in ${context.job.dir}, found none.`);
  requireFew(paths, vars);
  return read(
    paths.map((path) => ({ path, diff: '' })),
    { ...context, root: context.job.dir, base: '' },
  );
}

/** @param {Context} context @returns {Promise<Changes>} */
async function collectDiff(context) {
  const { vars, job, signal, log } = context;
  const repository = await openRepository(job.dir, signal);
  const { root } = repository;
  const from = await repository.forkPoint(vars.base);
  const differing = await repository.changedPaths(from.commit, vars.paths.split(' ').filter(Boolean));
  const own = await openOwnFiles(context);
  const changed = differing.filter((path) => !own.has(join(root, path)));
  log(`${changed.length} files differ from ${from.name}`);
  requireFew(changed, vars);
  const diffs = await Promise.all(
    changed.map(async (path) => ({ path, diff: await repository.diff(from.commit, path) })),
  );
  return read(diffs, { ...context, root, base: from.name });
}

/** @param {readonly string[]} paths @param {Vars} vars */
function requireFew(paths, { max_files: most }) {
  if (paths.length <= Number(most)) return;
  throw new Error(`Expected at most ${most} files (max_files), got ${paths.length}: name some, or allow more.`);
}

/**
 * @param {readonly { path: string, diff: string }[]} files
 * @param {{ vars: Vars, root: string, base: string }} around
 * @returns {Promise<Changes>}
 */
async function read(files, { vars, root, base }) {
  const limit = Number(vars.max_kb) * 1000;
  /** @type {Changes} */
  const changes = { base, files: [], left_out: [] };
  for (const { path, diff } of files) {
    const text = await textOf(join(root, path));
    if (text === undefined) changes.left_out.push({ path, why: 'no text' });
    else if (text === '' && diff === '') changes.left_out.push({ path, why: 'empty' });
    else {
      const cut = text.length > limit || diff.length > limit;
      changes.files.push({ path, diff: diff.slice(0, limit), text: text.slice(0, limit), cut });
    }
  }
  return changes;
}

/**
 * Empty for a file that was deleted, undefined for one that is no text. Links are not followed: they may lead anywhere.
 *
 * @param {string} path
 */
async function textOf(path) {
  try {
    if (!(await lstat(path)).isFile()) return undefined;
    const bytes = await readFile(path);
    return bytes.includes(0) ? undefined : bytes.toString('utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return '';
    throw error;
  }
}
