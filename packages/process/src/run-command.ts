import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { CommandEnd, CommandOptions, CommandResult } from './command.ts';
import { watchForEnd } from './early-end.ts';
import type { EarlyEnd } from './early-end.ts';
import { stopGroup } from './group.ts';
import { readOutput } from './output.ts';
import { startError } from './start-error.ts';

type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };
type Child = ChildProcess & { readonly pid: number; readonly stdout: Readable; readonly stderr: Readable };

const defaultGraceMs = 2_000;
const defaultMaxOutput = 10 * 1024 * 1024;
/** How long output may stay open after the command has ended, because something it started holds it. */
const openPipeMs = 250;

/**
 * Runs a program in a process group of its own, with no shell, and resolves however it ends. At a timeout or an abort
 * the whole group gets TERM, and after the grace KILL. What the program leaves behind in its group is ended too when it
 * holds the output open; otherwise, and in another group, it lives on.
 *
 * Throws when there is nothing to tell of: `command_missing` (no such program or folder, or not executable), `usage`
 * and `io`; and what `onStart` or `onOutput` threw, after ending the group.
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const began = performance.now();
  const elapsed = () => performance.now() - began;
  if (options.signal?.aborted) {
    return { status: 'aborted', stdout: '', stderr: '', truncated: false, durationMs: elapsed(), pid: undefined };
  }
  const child = await startChild(file, args, options);
  const { end, stdout, stderr } = await follow(child, options);
  return {
    ...end,
    stdout: stdout.text(),
    stderr: stderr.text(),
    truncated: stdout.truncated || stderr.truncated,
    durationMs: elapsed(),
    pid: child.pid,
  };
}

async function startChild(file: string, args: readonly string[], { cwd, env, stdin }: CommandOptions): Promise<Child> {
  try {
    const input = stdin === undefined ? 'ignore' : 'pipe';
    const child = spawn(file, args, { cwd, env, detached: true, stdio: [input, 'pipe', 'pipe'] });
    await once(child, 'spawn'); // rejects at `error`
    return child as Child;
  } catch (error) {
    throw startError({ file, cwd, env }, error);
  }
}

async function follow(child: Child, options: CommandOptions) {
  const { graceMs = defaultGraceMs, maxOutput = defaultMaxOutput } = options;
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const early = watchForEnd(child.pid, graceMs, options);
  const read = (from: 'stdout' | 'stderr') =>
    readOutput(child[from], maxOutput, { onText: (text) => options.onOutput?.(text, from), fail: early.fail });
  const [stdout, stderr] = [read('stdout'), read('stderr')];
  const fed = feed(child, options, early.fail);
  const exit = await exited;
  await early.settle();
  await drain(child, closed, graceMs);
  await fed;
  early.rethrow();
  return { end: endOf(exit, early.cause), stdout, stderr };
}

async function feed(child: Child, { stdin, onStart }: CommandOptions, fail: (error: unknown) => void): Promise<void> {
  child.stdin?.on('error', (error) => {
    if (!isUnread(error)) fail(error);
  });
  try {
    await onStart?.({ pid: child.pid, pgid: child.pid, startedAt: new Date().toISOString() });
    child.stdin?.end(stdin);
  } catch (error) {
    fail(error);
  }
}

/** A command need not read what it is given. */
function isUnread(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_DESTROYED';
}

/** Waits for the rest of the output, but not for ever on what the command left behind. */
async function drain(child: Child, closed: Promise<void>, graceMs: number): Promise<void> {
  if (await within(openPipeMs, closed)) return;
  await stopGroup(child.pid, graceMs);
  if (await within(openPipeMs, closed)) return;
  child.stdout.destroy(); // held by a process of another group, which lives on
  child.stderr.destroy();
}

async function within(ms: number, done: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const inTime = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

function endOf({ code, signal }: Exit, cause: EarlyEnd['cause']): CommandEnd {
  if (cause !== undefined) return { status: cause };
  return signal === null ? { status: 'exited', exitCode: code ?? 0 } : { status: 'signaled', signal };
}
