// Preloaded into an orch process (NODE_OPTIONS=--import): looks at what it does to the disc and kills it where
// ORCH_CHAOS says. Nothing in the product knows of it, and commands that orch starts get another environment.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';
import { aims } from './kill-points.ts';
import type { Aim, AimedPoint, Death, Moment } from './kill-points.ts';

/** What a process is told, and what it leaves in the file `report`. */
export type KillOrder = {
  /** None: only count. */
  readonly point?: AimedPoint | undefined;
  /** At its nth moment, from 1. */
  readonly nth: number;
  readonly report: string;
};
export type KillReport = { readonly killed: boolean; readonly met: Readonly<Partial<Record<AimedPoint, number>>> };

const order = JSON.parse(process.env['ORCH_CHAOS'] ?? 'null') as KillOrder | null;
if (order !== null) watch(order);

/** What of the data is to be written: from where, and how much. */
type Range = [from?: number, length?: number];

function watch({ point, nth, report }: KillOrder): void {
  const { writeFileSync, openSync, closeSync, writeSync, fdatasync, fdatasyncSync } = fs;
  const { renameSync, linkSync, ftruncateSync } = fs;
  const met: Partial<Record<AimedPoint, number>> = {};
  const logs = new Map<number, string>();
  const others = new Map<number, string>();
  const unsynced = new Map<number, string>();
  const children = new Set<string>();

  const tell = (killed: boolean): void => writeFileSync(report, JSON.stringify({ killed, met } satisfies KillReport));
  process.on('exit', () => tell(false));
  const die = (): never => {
    tell(true);
    process.kill(process.pid, 'SIGKILL');
    throw new Error('unreachable');
  };

  /** What is done only counts once it went well. */
  const look = (moment: Moment, isDone: boolean): Death | undefined => {
    let death: Death | undefined;
    for (const [name, aim] of Object.entries(aims) as [AimedPoint, Aim][]) {
      const found = aim(moment);
      if (found === undefined || (found === 'after') !== isDone) continue;
      met[name] = (met[name] ?? 0) + 1;
      if (name === point && met[name] === nth) death = found;
    }
    return death;
  };
  const dieIf = (death: Death | undefined): void => {
    if (death !== undefined) die();
  };
  const around = <T>(moment: Moment, act: () => T): T => {
    dieIf(look(moment, false));
    const result = act();
    dieIf(look(moment, true));
    return result;
  };

  const isChild = (path: string): boolean => children.has(basename(dirname(path)));

  fs.openSync = (path, flags, mode) => {
    const file = openSync(path, flags, mode);
    if (flags === 'a' && basename(String(path)) === 'events.jsonl') logs.set(file, String(path));
    else if (flags === 'w' || flags === 'wx') others.set(file, String(path));
    return file;
  };
  fs.closeSync = (file) => {
    logs.delete(file);
    others.delete(file);
    closeSync(file);
  };
  const fill = (
    file: number,
    path: string,
    data: Uint8Array,
    [from = 0, length = data.length - from]: Range,
  ): number => {
    const death = look({ call: 'fill', path }, false);
    if (death === 'half') writeSync(file, data, from, Math.floor(length / 2));
    dieIf(death);
    return writeSync(file, data, from, length);
  };
  fs.writeSync = ((file: number, data: Uint8Array, ...rest: Range) => {
    const other = others.get(file);
    if (other !== undefined) return fill(file, other, data, rest);
    const path = logs.get(file);
    if (path === undefined) return writeSync(file, data, ...rest);
    const moment = { call: 'write', path, text: Buffer.from(data).toString(), isChild: isChild(path) } as const;
    for (const id of childrenIn(moment.text)) children.add(id);
    const death = look(moment, false);
    if (typeof death === 'number') writeSync(file, moment.text.slice(0, death));
    dieIf(death);
    unsynced.set(file, `${unsynced.get(file) ?? ''}${moment.text}`);
    const written = writeSync(file, data, ...rest);
    dieIf(look(moment, true));
    return written;
  }) as typeof fs.writeSync;
  const takeUnsynced = (file: number, path: string): Moment => {
    const text = unsynced.get(file) ?? '';
    unsynced.delete(file);
    return { call: 'sync', path, text, isChild: isChild(path) };
  };
  fs.fdatasyncSync = (file) => {
    const path = logs.get(file);
    if (path === undefined) return fdatasyncSync(file);
    around(takeUnsynced(file, path), () => fdatasyncSync(file));
  };
  fs.fdatasync = ((file: number, done: (error: Error | null) => void) => {
    const path = logs.get(file);
    if (path === undefined) return fdatasync(file, done);
    const moment = takeUnsynced(file, path);
    dieIf(look(moment, false));
    fdatasync(file, (error) => {
      if (error === null) dieIf(look(moment, true));
      done(error);
    });
  }) as typeof fs.fdatasync;
  fs.renameSync = (from, to) => around({ call: 'rename', path: String(to) }, () => renameSync(from, to));
  fs.linkSync = (from, to) => around({ call: 'link', path: String(to) }, () => linkSync(from, to));
  fs.ftruncateSync = (file, length) => {
    const path = logs.get(file);
    if (path === undefined) return ftruncateSync(file, length);
    around({ call: 'cut', path }, () => ftruncateSync(file, length));
  };
  syncBuiltinESMExports();
}

/** Runs that this process began for steps of others: the log tells of each before it has a folder. */
function childrenIn(text: string): string[] {
  const linked = text.split('\n').filter((line) => line.includes('"type":"job.linked"'));
  return linked.map((line) => (JSON.parse(line) as { readonly data: { readonly job_id: string } }).data.job_id);
}
