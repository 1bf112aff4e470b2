import { spawn } from 'node:child_process';
import { dirname, posix, sep } from 'node:path';
import { fromRoot } from './from-root.mjs';

/**
 * @typedef {{ path: string, change: string, from?: string }} Change
 *
 * @typedef {object} Context
 * @property {{ given: { output: readonly string[] }, propose: { output: { diff: string, files: readonly Change[] } } }} steps
 * @property {{ dir: string }} job
 * @property {{ dir: string }} run
 * @property {AbortSignal} signal
 *
 * @typedef {(args: readonly string[], input?: string) => Promise<Answer>} Git
 * @typedef {{ code: number | null, stdout: string, stderr: string }} Answer `code` is null where there is no Git
 */

/**
 * The patch as `git apply` takes it in the folder of the job, whether it stays within the given files, or adds files
 * beside them, and whether it would apply as it is.
 *
 * @param {Context} context
 * @returns {Promise<{ patch: string, outside: string[], applies: boolean | null, reason: string }>}
 */
export default async function checkPatch(context) {
  const { diff, files } = context.steps.propose.output;
  const outside = outsideOf(files, context.steps.given.output);
  if (outside.length > 0) return { patch: diff, outside, applies: null, reason: 'not tried' };
  const git = gitIn(context);
  const patch = fromRoot(diff, files, await prefixOf(git));
  return { patch, outside, ...(await tryPatch(patch, git)) };
}

/** @param {readonly Change[]} changes @param {readonly string[]} given */
function outsideOf(changes, given) {
  const files = new Set(given.map((path) => posix.normalize(path)));
  const folders = new Set([...files].map((path) => posix.dirname(path)));
  const paths = changes.flatMap(({ path, change, from }) => {
    const isNew = change !== 'modified' && change !== 'deleted';
    const isInside = files.has(path) || (isNew && folders.has(posix.dirname(path)));
    return [...(isInside ? [] : [path]), ...(from === undefined || files.has(from) ? [] : [from])];
  });
  return [...new Set(paths)].sort();
}

/** Where the folder of the job is below the root of its repository; empty at the root, and where there is none. @param {Git} git */
async function prefixOf(git) {
  const { code, stdout } = await git(['rev-parse', '--show-prefix']);
  return code === 0 ? stdout.replace(/\n$/, '') : '';
}

/**
 * Asks Git, which changes nothing.
 *
 * @param {string} patch
 * @param {Git} git
 * @returns {Promise<{ applies: boolean | null, reason: string }>}
 */
async function tryPatch(patch, git) {
  const { code, stderr } = await git(['apply', '--check', '-'], patch);
  return code === null
    ? { applies: null, reason: 'not tried: there is no git' }
    : { applies: code === 0, reason: stderr.trim() };
}

/** Copies that a run works on in its own folder belong to no repository. @param {Context} context @returns {Git} */
function gitIn({ job: { dir: cwd }, run, signal }) {
  const ceiling = cwd.startsWith(run.dir + sep) ? { GIT_CEILING_DIRECTORIES: dirname(cwd) } : {};
  const env = { ...process.env, GIT_DIR: undefined, GIT_WORK_TREE: undefined, ...ceiling };
  return (args, input = '') =>
    new Promise((resolve, reject) => {
      const child = spawn('git', args, { cwd, env, signal });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
      // It may end before it has read all of it; why, it says itself.
      child.stdin.on('error', () => undefined).end(input);
      child.on('error', (error) => {
        const { code } = /** @type {NodeJS.ErrnoException} */ (error);
        if (code === 'ENOENT') resolve({ code: null, stdout, stderr });
        else reject(error);
      });
      child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    });
}
