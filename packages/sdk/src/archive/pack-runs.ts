import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { OrchError } from '@orch/contracts';
import { createTarPacker } from 'modern-tar';
import type { TarHeader, TarPackController } from 'modern-tar';
import { carriedEntries } from './carried-entries.ts';
import type { LeftOut } from './carried-entries.ts';

export type Packed = {
  readonly files: number;
  /** By the folder that they are in. */
  readonly leftOut: ReadonlyMap<string, readonly LeftOut[]>;
};

/** The folder of a run. */
export type RunToPack = {
  readonly dir: string;
  /** What goes with it though it stands elsewhere, by the path that it gets. */
  readonly brought?: ReadonlyMap<string, string> | undefined;
};

/** Folders of runs as a tar that is made while they are read. Equal folders give equal bytes. */
export function packRuns(runs: readonly RunToPack[]): {
  readonly tar: ReadableStream<Uint8Array>;
  readonly done: Promise<Packed>;
} {
  const { readable, controller } = createTarPacker();
  const done = pack(runs, controller);
  // Whoever reads the tar hears of a failure there.
  done.catch((error: unknown) => controller.error(error));
  return { tar: readable, done };
}

const folder = { type: 'directory', size: 0, mode: 0o755, uid: 0, gid: 0 } as const;

async function pack(runs: readonly RunToPack[], controller: TarPackController): Promise<Packed> {
  const leftOut = new Map<string, readonly LeftOut[]>();
  let files = 0;
  for (const run of runs) {
    const packed = await packRun(run, controller);
    leftOut.set(run.dir, packed.leftOut);
    files += packed.files;
  }
  controller.finalize();
  return { files, leftOut };
}

async function packRun({ dir, brought }: RunToPack, controller: TarPackController) {
  const leftOut: LeftOut[] = [];
  let files = 0;
  const { mtime } = statSync(join(dir, 'events.jsonl'));
  const packFolder = (name: string) => controller.add({ ...folder, name: `${name}/`, mtime }).close();
  await packFolder(basename(dir));
  for (const entry of carriedEntries(dir, { brought, onLeftOut: (left) => leftOut.push(left) })) {
    const name = `${basename(dir)}/${entry.path}`;
    if (entry.type === 'folder') await packFolder(name);
    else {
      await packFile(controller, name, entry.source);
      files += 1;
    }
  }
  return { files, leftOut };
}

/** Bytes read at once. */
const chunkSize = 1024 * 1024;

async function packFile(controller: TarPackController, name: string, source: string): Promise<void> {
  const file = openSync(source, 'r');
  try {
    const stats = fstatSync(file);
    const body = controller.add(headerOf(name, stats)).getWriter();
    for (let left = stats.size; left > 0;) {
      const chunk = new Uint8Array(Math.min(left, chunkSize));
      const count = readSync(file, chunk);
      if (count === 0) throw new OrchError('locked', `Expected ${source} to stay as it is, it became shorter.`);
      await body.write(chunk.subarray(0, count));
      left -= count;
    }
    await body.close();
  } finally {
    closeSync(file);
  }
}

/** Of the modes, only who may write and run is the same on every machine. */
function headerOf(name: string, { size, mode, mtimeMs }: Stats): TarHeader {
  const common = (mode & 0o200 ? 0o644 : 0o444) | (mode & 0o100 ? 0o111 : 0);
  return { name, size, mode: common, mtime: new Date(mtimeMs), type: 'file', uid: 0, gid: 0 };
}
