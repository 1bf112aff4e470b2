import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** The commit that stands for nothing: a repository with one commit is compared with it. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Settings of the user and of the repository neither start programs nor change how a diff is written. */
const settings = ['-c', 'core.fsmonitor=false', '-c', 'core.quotepath=off', '-c', 'diff.noprefix=false'];
const plain = ['--no-color', '--no-ext-diff', '--no-textconv', '--no-renames'];

/** @typedef {(args: readonly string[]) => Promise<string>} Git */

/** @typedef {{ name: string, commit: string }} Base */

/**
 * What a review asks of the repository that a folder belongs to; no shell is involved. Paths count from its `root`.
 *
 * @param {string} dir
 * @param {AbortSignal} signal
 */
export async function openRepository(dir, signal) {
  const root = await rootOf(dir, signal);
  const git = gitIn(root, signal);
  return {
    root,

    /** Where the work left `base`: what was done there since is not part of a review. @param {string} base */
    forkPoint: (base) => forkPoint(base, git),

    /**
     * Also those that are not committed and those that Git does not know yet.
     *
     * @param {string} from
     * @param {readonly string[]} specs
     */
    async changedPaths(from, specs) {
      const tracked = await git(['diff', '--name-only', '-z', ...plain, from, '--', ...specs]);
      const untracked = await git(['ls-files', '--others', '--exclude-standard', '-z', '--', ...specs]);
      const paths = `${tracked}${untracked}`.split('\0').filter((path) => path !== '');
      return [...new Set(paths)].sort();
    },

    /** Empty for a file that Git does not know yet: all of it is new. @param {string} from @param {string} path */
    diff: (from, path) => git(['--literal-pathspecs', 'diff', ...plain, '--unified=10', from, '--', path]),
  };
}

/** @param {string} cwd @param {AbortSignal} signal @returns {Git} */
function gitIn(cwd, signal) {
  return async (args) => {
    const options = { cwd, signal, maxBuffer: 64 * 1024 * 1024 };
    return (await exec('git', [...settings, ...args], options)).stdout;
  };
}

/** @param {string} dir @param {AbortSignal} signal */
async function rootOf(dir, signal) {
  try {
    return (await gitIn(dir, signal)(['rev-parse', '--show-toplevel'])).replace(/\n$/, '');
  } catch (error) {
    if (isMissing(error)) throw new Error('Expected the program git in PATH, there is none.', { cause: error });
    if (!isRefusal(error)) throw error;
    const way = 'Run it in a repository, or review files: with the parameter files, a glob.';
    throw new Error(`Expected a Git repository at ${dir}: ${said(error)}. ${way}`, { cause: error });
  }
}

/** @param {string} base @param {Git} git @returns {Promise<Base>} */
async function forkPoint(base, git) {
  if ((await commitOf('HEAD', git)) === undefined) {
    throw new Error('Expected a repository with a commit, this one has none.');
  }
  const found = await findBase(base, git);
  if (found.commit === emptyTree) return found;
  try {
    return { ...found, commit: (await git(['merge-base', found.commit, 'HEAD'])).trim() };
  } catch (error) {
    // They have no commit in common, or the one that they have was not fetched.
    if (isRefusal(error)) return found;
    throw error;
  }
}

/** @param {string} base @param {Git} git @returns {Promise<Base>} */
async function findBase(base, git) {
  for (const name of base === '' ? ['origin/main', 'HEAD~1'] : [base]) {
    const commit = await commitOf(name, git);
    if (commit !== undefined) return { name, commit };
  }
  if (base === '') return { name: 'nothing', commit: emptyTree };
  throw new Error(`Expected base to name a branch or commit of this repository, got ${base}.`);
}

/** @param {string} name @param {Git} git */
async function commitOf(name, git) {
  try {
    return (await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`])).trim();
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** Git ran and said no. @param {unknown} error */
function isRefusal(error) {
  return typeof (/** @type {{ code?: unknown }} */ (error).code) === 'number';
}

/** @param {unknown} error */
function isMissing(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
}

/** @param {unknown} error */
function said(error) {
  const { stderr = '' } = /** @type {{ stderr?: string }} */ (error);
  return stderr.trim().split('\n')[0] ?? '';
}
