import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { OrchError, exitCodes } from '@orch/contracts';
import { findRun, graphOfRun, plan } from '@orch/sdk';
import { toAscii } from '../graph/ascii.ts';
import { toDot } from '../graph/dot.ts';
import { toDrawing } from '../graph/drawing.ts';
import type { Drawing } from '../graph/drawing.ts';
import { toMermaid } from '../graph/mermaid.ts';
import { toSvg } from '../graph/svg.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

type Options = RunsDirOption & { readonly format?: string };

const formats: Readonly<Record<string, (drawing: Drawing, terminal: Terminal) => string[]>> = {
  ascii: toAscii,
  mermaid: toMermaid,
  dot: toDot,
  svg: toSvg,
};

/** Draws the steps of a job, or those of a run in the colours of how they stand. */
export async function execute({ terminal, args: [name], options }: Invocation<Options>): Promise<0> {
  const { format = 'ascii' } = options;
  const draw = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (draw === undefined) {
    const known = Object.keys(formats).join(', ');
    throw new OrchError('usage', `Expected --format to be one of ${known}, got ${format}.`);
  }
  const drawing = await drawingOf(name, options, terminal);
  const lines = options.json ? [JSON.stringify(drawing, undefined, 2)] : draw(drawing, terminal);
  for (const line of lines) terminal.out(line);
  return exitCodes.succeeded;
}

async function drawingOf(name: string | undefined, options: Options, terminal: Terminal): Promise<Drawing> {
  const { cwd, env, hide: onSecrets } = terminal;
  if (name === undefined || isJobFile(resolve(cwd, name))) {
    return toDrawing((await plan(name, { cwd, env, onSecrets })).plan);
  }
  const { plan: ran, states } = await graphOfRun(findRun(runsDirOf(options, terminal), name));
  return toDrawing(ran, states);
}

/** Also one that is not there: its name says what it was meant to be. */
function isJobFile(path: string): boolean {
  return existsSync(path) || /\.(ya?ml|json|[cm]?[jt]s)$/.test(path);
}
