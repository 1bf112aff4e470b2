import { existsSync, readFileSync, readdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { inboxRequest } from '@orch/contracts/schemas';
import type { InboxRequest } from '@orch/contracts';
import { writeAtomic } from '@orch/filestore';

/** A request and the ulid that names its file. */
export type Received = { readonly id: string; readonly request: InboxRequest };

/** Between two looks into an inbox that cannot be watched, in milliseconds. */
const pollMs = 500;

const fileForm = /^([0-9A-HJKMNP-TV-Z]{26})\.json$/;

/** The requests in an inbox, oldest first. What is no request is left where it is. */
function readInbox(dir: string): Received[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .toSorted()
    .flatMap((name) => readRequest(dir, name) ?? []);
}

/** Leaves a request for whoever holds the run's lock; returns the path of its file, which they remove. */
export function leaveRequest(dir: string, { id, request }: Received): string {
  const path = join(dir, `${id}.json`);
  writeAtomic(path, `${JSON.stringify(request)}\n`);
  return path;
}

/** Removes a request that stands in the log. */
export function removeRequest(dir: string, id: string): void {
  rmSync(join(dir, `${id}.json`), { force: true });
}

/** Tells of each request once, those that are there and those to come, until it is closed. */
export function watchInbox(dir: string, onRequest: (received: Received) => void): { readonly close: () => void } {
  const seen = new Set<string>();
  const look = (): void => {
    for (const received of readInbox(dir)) {
      if (seen.has(received.id)) continue;
      seen.add(received.id);
      onRequest(received);
    }
  };
  const close = lookOnChange(dir, look);
  look();
  return { close };
}

/** Told by the system; where that has no watcher left to give, looks by itself. */
function lookOnChange(dir: string, look: () => void): () => void {
  try {
    const watcher = watch(dir, { persistent: false }, look);
    return () => watcher.close();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EMFILE', 'ENFILE', 'ENOSPC'].includes(code)) throw error;
    const timer = setInterval(look, pollMs).unref();
    return () => clearInterval(timer);
  }
}

function readRequest(dir: string, name: string): Received | undefined {
  const id = fileForm.exec(name)?.[1];
  if (id === undefined) return undefined;
  try {
    const parsed = inboxRequest.safeParse(JSON.parse(readFileSync(join(dir, name), 'utf8')));
    return parsed.success ? { id, request: parsed.data } : undefined;
  } catch (error) {
    // Gone, a folder, or not readable: whoever left it there left no request.
    const isOurs = error instanceof SyntaxError || (error as NodeJS.ErrnoException).syscall !== undefined;
    if (isOurs) return undefined;
    throw error;
  }
}
