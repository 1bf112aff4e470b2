import { spawn } from 'node:child_process';
import { dirname, posix } from 'node:path';

/**
 * @typedef {{ path: string, change: string, from?: string }} Change
 *
 * @typedef {object} Context
 * @property {{ given: { output: readonly string[] }, propose: { output: { diff: string, files: readonly Change[] } } }} steps
 * @property {{ dir: string }} job
 * @property {AbortSignal} signal
 */

/**
 * Whether a patch stays within the given files, or adds files beside them, and whether it would apply as it is.
 *
 * @param {Context} context
 * @returns {Promise<{ outside: string[], applies: boolean | null, reason: string }>}
 */
export default async function checkPatch({ steps, job, signal }) {
  const { diff, files } = steps.propose.output;
  const outside = outsideOf(files, steps.given.output);
  if (outside.length > 0) return { outside, applies: null, reason: 'not tried' };
  return { outside, ...(await tryPatch(diff, job.dir, signal)) };
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

/**
 * Asks Git, which changes nothing. Paths count from the folder of the job, also when a repository begins above it.
 *
 * @param {string} diff
 * @param {string} cwd
 * @param {AbortSignal} signal
 * @returns {Promise<{ applies: boolean | null, reason: string }>}
 */
function tryPatch(diff, cwd, signal) {
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(cwd), GIT_DIR: undefined };
  const child = spawn('git', ['apply', '--check', '-'], { cwd, env, signal, stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  // It may end before it has read all of it; why, it says itself.
  child.stdin.on('error', () => undefined).end(diff);
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      if (code === 'ENOENT') resolve({ applies: null, reason: 'not tried: there is no git' });
      else reject(error);
    });
    child.on('close', (code) => resolve({ applies: code === 0, reason: said.trim() }));
  });
}
