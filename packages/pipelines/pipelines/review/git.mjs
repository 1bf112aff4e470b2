import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** The commit that stands for nothing: a repository with one commit is compared with it. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Settings of the user and of the repository neither start programs nor change how a diff is written. */
const settings = ['-c', 'core.fsmonitor=false', '-c', 'core.quotepath=off', '-c', 'diff.noprefix=false'];
const plain = ['--no-color', '--no-ext-diff', '--no-textconv', '--no-renames'];

/**
 * What a review asks of Git; no shell is involved.
 *
 * @param {string} dir
 * @param {AbortSignal} signal
 */
export function createGit(dir, signal) {
  let root = dir;
  /** @param {readonly string[]} args */
  const git = async (args) => {
    const options = { cwd: root, signal, maxBuffer: 64 * 1024 * 1024 };
    return (await exec('git', [...settings, ...args], options)).stdout;
  };
  /** @param {string} name */
  const commit = async (name) => {
    try {
      return (await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`])).trim();
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  };
  return {
    /** The folder that all paths count from. */
    async root() {
      try {
        root = (await git(['rev-parse', '--show-toplevel'])).trimEnd();
        return root;
      } catch (error) {
        if (isMissing(error)) throw new Error('Expected the program git in PATH, there is none.', { cause: error });
        if (!isRefusal(error)) throw error;
        const way = 'Review files with files: a glob, or run it in a repository.';
        throw new Error(`Expected a Git repository at ${dir}: ${said(error)}. ${way}`, { cause: error });
      }
    },

    /** Where the work left `base`: what was done there since is not part of a review. @param {string} base */
    async forkPoint(base) {
      const [name, found] = await baseCommit(base, commit);
      if (found === emptyTree) return { name, commit: found };
      try {
        return { name, commit: (await git(['merge-base', found, 'HEAD'])).trim() };
      } catch (error) {
        if (isRefusal(error)) return { name, commit: found };
        throw error;
      }
    },

    /** Also those that are not committed and those that Git does not know yet. @param {string} from @param {readonly string[]} specs */
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

/**
 * @param {string} base
 * @param {(name: string) => Promise<string | undefined>} commit
 * @returns {Promise<readonly [name: string, commit: string]>}
 */
async function baseCommit(base, commit) {
  if ((await commit('HEAD')) === undefined) throw new Error('Expected a repository with a commit, this one has none.');
  for (const name of base === '' ? ['origin/main', 'HEAD~1'] : [base]) {
    const found = await commit(name);
    if (found !== undefined) return [name, found];
  }
  if (base === '') return ['nothing', emptyTree];
  throw new Error(`Expected base to name a branch or commit of this repository, got ${base}.`);
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
