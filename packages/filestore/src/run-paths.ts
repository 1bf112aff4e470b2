import { OrchError } from '@orch/contracts';
import { join } from 'node:path';
import { whyUnsafe } from './path-rules.ts';
import { digestOf } from './plan-write.ts';
import { toBytes } from './write-atomic.ts';

/** What the folder of all runs holds beside them. */
export type BasePaths = {
  readonly base: string;
  /** Symlink to the newest run. */
  readonly latest: string;
  /** SQLite index of all runs. */
  readonly ledger: string;
  /** The cache that all runs share. */
  readonly sharedCache: string;
};

/** Where everything of one run stands. */
export type RunPaths = BasePaths & {
  readonly dir: string;
  readonly events: string;
  readonly manifest: string;
  readonly lock: string;
  /** Who holds the lock, for the message. */
  readonly owner: string;
  readonly inbox: string;
  readonly inputs: string;
  /** Names the job file on this machine; never leaves it. */
  readonly origin: string;
  readonly artifacts: string;
  readonly cache: string;
  /** The folder of the files that steps write. */
  readonly outputs: (project: string) => string;
  /** The log file of a step or of one of its items. */
  readonly log: (step: string, item?: string) => string;
};

export function basePaths(base: string): BasePaths {
  return {
    base,
    latest: join(base, 'latest'),
    ledger: join(base, '.ledger.db'),
    sharedCache: join(base, '.cache'),
  };
}

/** The layout of a run's folder below the folder of all runs. Names that could lead elsewhere throw `unsafe_path`. */
export function runPaths(base: string, jobId: string): RunPaths {
  const dir = join(base, requireName('job id', jobId));
  return {
    ...basePaths(base),
    dir,
    events: join(dir, 'events.jsonl'),
    manifest: join(dir, 'manifest.json'),
    lock: join(dir, 'run.lock'),
    owner: join(dir, 'owner.json'),
    inbox: join(dir, 'inbox'),
    inputs: join(dir, 'inputs'),
    origin: join(dir, 'inputs', 'origin.json'),
    artifacts: join(dir, 'artifacts'),
    cache: join(dir, '.cache'),
    outputs: (project) => join(dir, 'outputs', requireName('project', project)),
    log(step, item) {
      const name = requireName('step id', step);
      return item === undefined ? join(dir, 'logs', `${name}.log`) : join(dir, 'logs', name, itemFile(item));
    },
  };
}

function requireName(what: string, name: string): string {
  const reason = name.includes('/') ? 'it has a "/"' : whyUnsafe(name);
  if (reason === undefined) return name;
  throw new OrchError('unsafe_path', `the ${what} ${JSON.stringify(name)} cannot name a file: ${reason}`);
}

/** Items are named by files and by templates: what is no path, or a long one, gets a name made from it. */
function itemFile(item: string): string {
  const path = `${item}.log`;
  if (whyUnsafe(path) === undefined && path.length <= 120) return path;
  const readable = item.replaceAll(/[^a-z0-9_-]+/gi, '_').slice(0, 40);
  return `${readable}-${digestOf(toBytes(item)).slice(0, 12)}.log`;
}
