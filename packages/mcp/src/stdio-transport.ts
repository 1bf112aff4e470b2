import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { OrchError } from '@orch/contracts';
import type { ToolServer } from '@orch/contracts';
import { stopGroup } from '@orch/process';
import { guardGroup } from './guard-group.ts';
import { createLastWords } from './last-words.ts';
import { mostOfMessage, splitLines } from './message-lines.ts';
import type { Surroundings } from './open-tool-servers.ts';
import { withSecrets } from './with-secrets.ts';

type Command = Extract<ToolServer, { readonly command: string }>;

type Running = {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pgid: number;
  readonly guard: ReturnType<typeof guardGroup>;
  readonly exited: Promise<void>;
  readonly closed: Promise<void>;
};

const closedOutput = 'it closed its output';

/** Milliseconds: to end by itself once nobody speaks to it; from TERM to KILL; for output that others hold open. */
const grace = { end: 1_000, term: 2_000, output: 250 };

/** A server that is a command, in a process group of its own: messages are lines on its stdin and stdout. */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];
  readonly #name: string;
  readonly #where: Command;
  readonly #around: Surroundings;
  readonly #words: ReturnType<typeof createLastWords>;
  #started: Promise<void> | undefined;
  #running: Running | undefined;
  #ending: Promise<void> | undefined;
  #gone: OrchError | undefined;
  /** The first line that was no message. */
  #noise = '';

  constructor(name: string, where: Command, around: Surroundings) {
    this.#name = name;
    this.#where = where;
    this.#around = around;
    this.#words = createLastWords(around.hideStream());
  }

  start(): Promise<void> {
    const starting = this.#spawn();
    // Who starts it is told why it could not be; who ends it only waits.
    this.#started = starting.catch(() => undefined);
    return starting;
  }

  async #spawn(): Promise<void> {
    const { command, args = [], env = {}, cwd = '.' } = this.#where;
    const folder = resolve(this.#around.jobDir, cwd);
    const whole = { ...this.#around.env, ...withSecrets(env, this.#name, this.#around) };
    try {
      const child = spawn(command, args, { cwd: folder, env: whole, detached: true, stdio: 'pipe' });
      await once(child, 'spawn'); // rejects at `error`
      this.#running = this.#follow(child);
    } catch (error) {
      throw (this.#gone = notStarted(this.#name, folder, error));
    }
  }

  #follow(child: ChildProcessWithoutNullStreams): Running {
    const lines = splitLines(
      (line) => this.#read(line),
      () => void this.#end(`it sent a message of over ${mostOfMessage / 1024 / 1024} MB`),
    );
    child.stdout.on('data', lines.push);
    child.stdout.once('end', () => void this.#end(closedOutput));
    child.stderr.on('data', this.#words.push);
    // A pipe that breaks is no end: the process tells that, or the next message that cannot be sent.
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.on('error', (error) => this.onerror?.(error));
    const exited = new Promise<void>((done) => child.once('exit', () => done()));
    const closed = new Promise<void>((done) => child.once('close', () => done()));
    void exited.then(() => this.#end(undefined));
    return { child, pgid: child.pid ?? 0, guard: guardGroup(child.pid ?? 0), exited, closed };
  }

  #read(line: string): void {
    if (line.trim() === '') return;
    const message = parsed(line);
    if (message === undefined) this.#noise ||= this.#around.hide(line).slice(0, 200).toWellFormed();
    else this.onmessage?.(message);
  }

  send(message: JSONRPCMessage): Promise<void> {
    const { promise, resolve: sent, reject } = Promise.withResolvers<void>();
    this.#running?.child.stdin.write(`${JSON.stringify(message)}\n`, (error) => {
      if (error === null || error === undefined) sent();
      else reject(this.#lost('it reads no more'));
    });
    return promise;
  }

  /** Nobody speaks to it any more; what has not ended soon is ended, with all of its group. */
  close(): Promise<void> {
    return this.#end('it was closed');
  }

  gone(): OrchError | undefined {
    return this.#gone;
  }

  said(): string {
    const noise = this.#noise === '' ? '' : `\nOn its output stands what is no message: ${this.#noise}`;
    return noise + this.#words.last;
  }

  #end(why: string | undefined): Promise<void> {
    return (this.#ending ??= this.#stop(why));
  }

  async #stop(why: string | undefined): Promise<void> {
    await this.#started;
    if (this.#running === undefined) return;
    const { child, pgid, guard, exited, closed } = this.#running;
    child.stdin.end();
    await atMost(grace.end, exited);
    const how = why === undefined || (why === closedOutput && isOver(child)) ? howEnded(child) : why;
    await stopGroup(pgid, grace.term);
    await atMost(grace.output, closed);
    child.stdout.destroy(); // held by a process of another group, which lives on
    child.stderr.destroy();
    guard.release();
    this.#words.end();
    this.#gone ??= this.#lost(how);
    this.onclose?.();
  }

  #lost(how: string): OrchError {
    return new OrchError('tool_failed', `Expected the server ${this.#name} to be there, ${how}.${this.said()}`);
  }
}

/** Servers print other things as well: what is no JSON is none of ours. */
function parsed(line: string): JSONRPCMessage | undefined {
  try {
    return JSON.parse(line) as JSONRPCMessage;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isOver({ exitCode, signalCode }: ChildProcessWithoutNullStreams): boolean {
  return exitCode !== null || signalCode !== null;
}

function howEnded({ exitCode, signalCode }: ChildProcessWithoutNullStreams): string {
  return signalCode === null ? `it exited with ${exitCode ?? 'nothing'}` : `it was ended by ${signalCode}`;
}

async function atMost(ms: number, end: Promise<unknown>): Promise<void> {
  const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
  const timer = setTimeout(giveUp, ms);
  await Promise.race([end, late]);
  clearTimeout(timer);
}

function notStarted(name: string, folder: string, error: unknown): OrchError {
  const isThere = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  const why = isThere ? (error as Error).message : `its working folder ${folder} does not exist`;
  return new OrchError('tool_failed', `Expected to start the server ${name}: ${why}`, {
    hint: 'Correct its `command` or `cwd` under `mcp`, or install the program.',
    retryable: false,
    cause: error,
  });
}
