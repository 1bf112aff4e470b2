import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';

/** What a review writes beside the report that `sarif` names, and what tells the files that orch copied to a folder. */
const written = ['findings.json', 'review.md', '.orch-written.json'];

/**
 * Tells, by absolute path, what is no part of a review: the folder of all runs, reports of this one in the `output_dir` of
 * its job, and what `ignore` names.
 *
 * @param {{ vars: { sarif: string, ignore: readonly string[] }, job: { dir: string }, run: { dir: string } }} context
 */
export async function openOwnFiles({ vars, job, run }) {
  const home = await realpath(job.dir);
  const runs = (await realpath(dirname(run.dir))) + sep;
  const plan = /** @type {{ output_dir?: string }} */ (
    JSON.parse(await readFile(join(run.dir, 'inputs/plan.json'), 'utf8'))
  );
  const dir = plan.output_dir;
  const reports = dir === undefined ? [] : [...written, vars.sarif].map((name) => join(dir, name));
  const own = new Set([...vars.ignore, ...reports].map((path) => resolve(home, path)));
  return {
    /** The folder of the job, as paths of a repository begin. */
    home,
    /** @param {string} path */
    has: (path) => own.has(path) || path.startsWith(runs),
  };
}
