import { hash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case, Contender, Row } from '../row.ts';
import { perOperation } from '../timing.ts';

const size = 1_000;

export const files: Row = {
  title: 'files of 1 kB written whole or not at all, nothing synced',
  medium: 'memory',
  cases: [written('created'), written('overwritten'), written('unchanged')],
};

/** How many. More that are unchanged, since files are only trusted some time after they changed. */
const counts = { created: 500, overwritten: 500, unchanged: 2_000 };

type Before = keyof typeof counts;

/** Opened on a folder: puts content at a path in it. */
type Write = (path: string, content: string) => unknown;
type Open = (dir: string) => Promise<Write> | Write;

function written(before: Before): Case {
  return {
    name: `1 kB, ${before}`,
    figures: [{ name: 'cost', unit: 'µs a file', targets: [{ atMost: 1.3, of: 'limit' }] }],
    contenders: {
      orch: contender(before, orch),
      ...(before !== 'unchanged' && { 'orch, writeAtomic': contender(before, atomic) }),
      steno: contender(before, steno),
      ...(before !== 'unchanged' && { 'limit with stat and sha-256': contender(before, statDigestTempAndRename) }),
      'atomically, sync': contender(before, atomically),
      'write-file-atomic, sync': contender(before, writeFileAtomic),
      limit: contender(before, before === 'unchanged' ? statAndDigest : tempAndRename),
    },
  };
}

function contender(before: Before, open: Open): Contender {
  return async ({ dir }) => {
    const count = counts[before];
    const folder = join(dir, 'files');
    mkdirSync(folder);
    const write = await open(folder);
    let round = 0;
    const writeAll = async () => {
      const content = `${before === 'unchanged' ? 0 : round} ${'x'.repeat(size)}`.slice(0, size);
      for (let at = 0; at < count; at++) {
        const done = write(join(folder, nameOf(at)), content);
        if (done instanceof Promise) await done;
      }
    };
    const between = () => {
      round += 1;
      if (before === 'created') for (let at = 0; at < count; at++) rmSync(join(folder, nameOf(at)), { force: true });
    };
    return { cost: await perOperation(count, writeAll, between) };
  };
}

function nameOf(at: number): string {
  return `note-${at}.md`;
}

async function orch(dir: string): Promise<Write> {
  const { openFiles } = await import('@orch/filestore');
  const opened = openFiles(dir, { durability: 'relaxed' });
  return (path, content) => opened.write(path.slice(dir.length + 1), content);
}

async function atomic(): Promise<Write> {
  const { writeAtomic } = await import('@orch/filestore');
  return (path, content) => writeAtomic(path, content, { durability: 'relaxed' });
}

async function steno(): Promise<Write> {
  const { Writer } = await import('steno');
  return (path, content) => new Writer(path).write(content);
}

async function atomically(): Promise<Write> {
  const { writeFileSync: write } = await import('atomically');
  return (path, content) => write(path, content, { fsync: false });
}

async function writeFileAtomic(): Promise<Write> {
  const { default: write } = await import('write-file-atomic');
  return (path, content) => write.sync(path, content, { fsync: false });
}

function tempAndRename(): Write {
  return (path, content) => {
    writeFileSync(`${path}.tmp`, content);
    renameSync(`${path}.tmp`, path);
  };
}

/** With what a write needs that says what it did: whether a file was there, and the digest of what is there now. */
function statDigestTempAndRename(): Write {
  const write = tempAndRename();
  return (path, content) => {
    const was = statSync(path, { throwIfNoEntry: false });
    write(path, content);
    return { was, sha256: hash('sha256', content) };
  };
}

/** What it takes to know that nothing is to be done, if the digest of the file is known from before. */
function statAndDigest(): Write {
  const known = new Map<string, string>();
  return (path, content) => {
    const digest = hash('sha256', content);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.size === content.length && known.get(path) === digest) return;
    writeFileSync(path, content);
    known.set(path, digest);
  };
}
