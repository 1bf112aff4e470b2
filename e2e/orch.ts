import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { tempDir } from '@orch/testkit';
import { vi } from 'vitest';
import type { TestContext } from 'vitest';
import { root } from '../tools/checks.mjs';

// Every test starts processes: more of them at once than this only slow each other down on a small machine.
vi.setConfig({ maxConcurrency: 3 });

export const launcher = join(root, 'tools', 'orch');

export type Environment = Readonly<Record<string, string>>;

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** A running orch. */
export type Started = {
  readonly ended: Promise<Ended>;
  /** Resolves when one of its outputs has a part that fits; rejects when it ends without. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
};

/** Runs orch to its end. Nothing of this process's environment is handed on but PATH. */
export async function orch(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Environment | undefined },
): Promise<Ended> {
  return start([launcher, ...args], options).ended;
}

/** Starts a program in the minimal environment of `orch`. */
export function start(
  [file = '', ...args]: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env?: Environment | undefined },
): Started {
  const child = spawn(file, args, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return {
    ended,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
          if (found !== null) resolve(found);
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        look();
        const give = (end: Ended): void => reject(new Error(`never said ${String(pattern)}: ${JSON.stringify(end)}`));
        ended.then(give, reject);
      }),
    kill: (signal) => void child.kill(signal),
  };
}

function collect(child: ChildProcessByStdio<null, Readable, Readable>): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return output;
}

/** One line of an event log, as far as tests read it. */
export type LoggedEvent = {
  readonly type: string;
  readonly step?: string;
  readonly item?: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** A folder of one test's own, in which orch runs. */
export type Place = {
  readonly dir: string;
  path(...parts: string[]): string;
  /** Writes files; an object is written as JSON. */
  write(files: Readonly<Record<string, unknown>>): void;
  read(...parts: string[]): string;
  orch(args: readonly string[], env?: Environment): Promise<Ended>;
  start(args: readonly string[], env?: Environment): Started;
  /** The names of the run folders below `runs`. */
  runs(): string[];
  /** Events of the latest run, or of the run folder named. */
  events(run?: string): LoggedEvent[];
  /** A file below the outputs of the latest run. */
  output(path: string): string;
};

/** A fresh place, gone when the test ends; what was started in it is killed then. */
export function openPlace({ onTestFinished }: TestContext): Place {
  const dir = tempDir(onTestFinished);
  const path = (...parts: string[]): string => join(dir, ...parts);
  const read = (...parts: string[]): string => readFileSync(path(...parts), 'utf8');
  return {
    dir,
    path,
    read,
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(path(name)), { recursive: true });
        writeFileSync(path(name), typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
      }
    },
    orch: (args, env) => orch(args, { cwd: dir, env }),
    start(args, env) {
      const started = start([launcher, ...args], { cwd: dir, env });
      onTestFinished(() => started.kill('SIGKILL'));
      return started;
    },
    runs: () => (existsSync(path('runs')) ? readdirSync(path('runs')).filter((name) => name.startsWith('job_')) : []),
    events: (run = 'latest') => read('runs', run, 'events.jsonl').trimEnd().split('\n').map(parseEvent),
    output(name) {
      const [project = ''] = readdirSync(path('runs', 'latest', 'outputs'));
      return read('runs', 'latest', 'outputs', project, name);
    },
  };
}

function parseEvent(line: string): LoggedEvent {
  return JSON.parse(line) as LoggedEvent;
}

/** Resolves when there is a file (or folder) at the path; its folder must exist. */
export async function appears(path: string): Promise<void> {
  await changes(dirname(path), () => existsSync(path));
}

/** Resolves when the log of the only run has an event of a type (and step). */
export async function logged(place: Place, type: string, step?: string): Promise<void> {
  await appears(place.path('runs'));
  await changes(place.path('runs'), () => place.runs().length > 0);
  const log = place.path('runs', place.runs()[0] ?? '', 'events.jsonl');
  await appears(log);
  await changes(log, () => {
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1).map(parseEvent);
    return lines.some((event) => event.type === type && (step === undefined || event.step === step));
  });
}

/** Resolves when something holds of a file or folder that may change. */
async function changes(path: string, isReady: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (isReady()) resolve();
  };
  const watcher = watch(path, look);
  look();
  await promise.finally(() => watcher.close());
}

/** Kills what still lives of the process groups that the latest run started, and says which they were. */
export function endGroups(place: Place): number[] {
  if (!existsSync(place.path('runs', 'latest', 'events.jsonl'))) return [];
  const started = place
    .events()
    .flatMap(({ type, data }) => (type === 'process.started' ? [Number(data['pgid'])] : []));
  const living = livingGroups();
  return started.filter((pgid) => living.has(pgid) && process.kill(-pgid, 'SIGKILL'));
}

/** The process groups with a member that is more than an entry nobody has waited for. */
function livingGroups(): Set<number> {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' });
  const members = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return new Set(members.flatMap(([pgid, state = '']) => (state.startsWith('Z') ? [] : [Number(pgid)])));
}
