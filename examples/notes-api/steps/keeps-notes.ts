import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

type Context = { run: { outputs: string }; signal: AbortSignal; log(line: string): void };
type Server = { url: string; stop(): Promise<void> };

/** Posts a note to the generated server, restarts the server, and reads the note back. */
export default async function keepsNotes({ run, signal, log }: Context): Promise<{ posted: string; kept: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'notes-'));
  const start = (): Promise<Server> => startServer(run.outputs, join(folder, 'notes.db'), signal);
  const text = 'written before the restart';
  try {
    const before = await start();
    log(`posting to ${before.url}/notes`);
    await post(before.url, text).finally(before.stop);
    const after = await start();
    log(`reading back from ${after.url}/notes`);
    const notes = await read(after.url).finally(after.stop);
    if (!notes.includes(text)) throw new Error(`expected the note after a restart, got ${JSON.stringify(notes)}`);
    return { posted: text, kept: notes.length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startServer(cwd: string, database: string, signal: AbortSignal): Promise<Server> {
  const env = { PATH: process.env['PATH'], PORT: '0', NOTES_DB: database };
  const child = spawn(process.execPath, [join('src', 'server.mjs')], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  const exited = once(child, 'exit');
  const url = await Promise.race([
    listening(child),
    exited.then(([code]) => Promise.reject(new Error(`server exited with ${code}`))),
  ]);
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function listening(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('expected the output of the server');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error('expected the server to print its address, it ended its output');
}

async function post(url: string, text: string): Promise<void> {
  const response = await fetch(`${url}/notes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  if (response.status !== 201) throw new Error(`expected 201 for a posted note, got ${response.status}`);
}

async function read(url: string): Promise<string[]> {
  const response = await fetch(`${url}/notes`);
  const body = (await response.json()) as { text: string }[] | { notes: { text: string }[] };
  return (Array.isArray(body) ? body : body.notes).map((note) => note.text);
}
