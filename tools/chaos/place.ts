import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { root } from '../checks.mjs';
import type { Job } from './job.ts';
import type { KillOrder, KillReport } from './kill-at.ts';
import type { CountingProvider } from './provider.ts';

const launcher = join(root, 'tools', 'orch');
const preload = pathToFileURL(join(import.meta.dirname, 'kill-at.ts')).href;

/** Longer than any process of a small job can take on a busy machine, in milliseconds. */
const limit = 60_000;

/** The exit code of a run that waits for a person. */
export const waits = 3;

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** As was asked for; otherwise it took too long. */
  readonly killed: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** None of a process that was killed from outside. */
  readonly report?: KillReport | undefined;
};

/** A running orch. */
export type Orch = {
  /** Of the provider's calls. */
  readonly asker: string;
  readonly ended: Promise<Ended>;
  kill(): void;
};

/** One job in a folder of its own, where orch runs it. */
export type Place = {
  readonly dir: string;
  /** Starts orch with these arguments; `order` says where it shall die. */
  orch(args: readonly string[], order?: Omit<KillOrder, 'report'>): Orch;
  /** The folders of runs, also of those that never began. */
  runs(): string[];
  remove(): void;
};

export function openPlace(job: Job, provider: CountingProvider): Place {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), `orch-chaos-${job.name}-`)));
  for (const [name, content] of Object.entries(job.files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  const runs = join(dir, 'runs');
  let started = 0;
  return {
    dir,
    orch(args, order = { nth: 0 }) {
      const asker = `p${++started}`;
      const report = join(dir, `report-${asker}.json`);
      const env = {
        PATH: process.env['PATH'],
        HOME: dir,
        OLLAMA_BASE_URL: provider.urlFor(asker),
        NODE_OPTIONS: `--import=${preload}`,
        ORCH_CHAOS: JSON.stringify({ ...order, report } satisfies KillOrder),
      };
      const child = spawn(launcher, args, {
        cwd: dir,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: limit,
        killSignal: 'SIGKILL',
      });
      const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code, signal) => resolve([code, signal]));
      });
      let isStruck = false;
      const said = Promise.all([text(child.stdout), text(child.stderr)]);
      const ended = Promise.all([exited, said]).then(([[code, signal], [stdout, stderr]]): Ended => {
        const told = readReport(report);
        return { code, signal, killed: isStruck || told?.killed === true, stdout, stderr, report: told };
      });
      const kill = (): void => {
        isStruck = child.kill('SIGKILL');
      };
      return { asker, ended, kill };
    },
    runs: () =>
      (existsSync(runs) ? readdirSync(runs).filter((name) => name.startsWith('job_')) : []).map((id) => join(runs, id)),
    remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

function readReport(path: string): KillReport | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as KillReport) : undefined;
}
