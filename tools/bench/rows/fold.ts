import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StringDecoder } from 'node:string_decoder';
import type { Contender, Row } from '../row.ts';
import { writeRunLog } from '../run-log.ts';
import type { RunLog } from '../run-log.ts';
import { onceMicros } from '../timing.ts';

const megabyte = 1_000_000;

export const fold: Row = {
  title: 'a log of 300 MB read and folded to the states of its steps',
  medium: 'memory',
  prepare: (dir, quick) => writeRunLog(join(dir, 'events.jsonl'), (quick ? 50 : 300) * megabyte),
  cases: [
    {
      name: '300 MB',
      figures: [
        { name: 'cost', unit: 'ms a MB', targets: [{ atMost: 0.5, of: 'split + JSON.parse' }] },
        { name: 'rss', unit: 'MB', targets: [{ atMost: 200 }] },
      ],
      contenders: {
        orch: perMegabyte((log) => orch(log, log.end)),
        'orch, chain checked': perMegabyte((log) => orch(log)),
        'split + JSON.parse': perMegabyte(split),
        readline: perMegabyte(readline),
        split2: perMegabyte(split2),
        limit: perMegabyte(scan),
      },
    },
  ],
};

/** What came last in each step. */
type States = Map<string, string>;

function perMegabyte(read: (log: RunLog) => Promise<number> | number): Contender {
  return async ({ prepared }) => {
    const log = prepared as RunLog;
    let steps = 0;
    const micros = await onceMicros(log.end.bytes / megabyte, async () => void (steps = await read(log)));
    if (steps !== log.steps) throw new Error(`Expected ${log.steps} steps, found ${steps}.`);
    return { cost: micros / 1000 };
  };
}

async function orch({ path, steps: count }: RunLog, watermark?: RunLog['end']): Promise<number> {
  const { foldLog } = await import('@orch/events');
  const steps = Array.from({ length: count }, (_, at) => `step_${at}`);
  const known = { jobId: 'job_0123456789ab', project: 'bench', steps };
  const { state } = foldLog(path, watermark === undefined ? { known } : { known, watermark });
  const [misfit] = state.misfits;
  if (misfit) throw new Error(`Expected every event to fit, got ${JSON.stringify(misfit)}.`);
  return [...state.steps.values()].filter(({ status }) => status === 'succeeded').length;
}

function split({ path }: RunLog): number {
  const states: States = new Map();
  const decoder = new StringDecoder();
  let rest = '';
  for (const chunk of chunksOf(path)) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) note(states, line);
  }
  return states.size;
}

async function readline({ path }: RunLog): Promise<number> {
  const states: States = new Map();
  for await (const line of createInterface({ input: createReadStream(path) })) note(states, line);
  return states.size;
}

async function split2({ path }: RunLog): Promise<number> {
  const { default: lines } = await import('split2');
  const states: States = new Map();
  for await (const line of createReadStream(path).pipe(lines())) note(states, line as string);
  return states.size;
}

function note(states: States, line: string): void {
  const { step, type } = JSON.parse(line) as { step?: string; type: string };
  if (step !== undefined) states.set(step, type);
}

/** Looks for two fields in each line and parses nothing. */
function scan({ path }: RunLog): number {
  const states: States = new Map();
  const types = new Map<string, string>(); // a slice of its own for each line would keep all the text alive
  let rest = '';
  for (const chunk of chunksOf(path)) {
    const text = rest + chunk.toString('latin1');
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const type = text.indexOf('"type":"', start) + 8;
      const step = text.indexOf('"', type) + 10;
      if (text.startsWith('"step":"', step - 8)) {
        const name = text.slice(type, step - 10);
        if (!types.has(name)) types.set(name, name);
        states.set(text.slice(step, text.indexOf('"', step)), types.get(name)!);
      }
      start = end + 1;
    }
    rest = text.slice(start);
  }
  return states.size;
}

function* chunksOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer)) {
    yield buffer.subarray(0, length);
  }
  closeSync(file);
}
