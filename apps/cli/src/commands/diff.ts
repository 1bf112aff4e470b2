import { exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { diffRuns, findRun, tellChanges } from '@orch/sdk';
import type { ReadsNow, UnitDiff } from '@orch/sdk';
import type { Style, Terminal } from '../terminal/terminal.ts';
import { fewOf, harmless } from '../terminal/words.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute({ terminal, args, options }: Invocation<RunsDirOption>): Promise<ExitCode> {
  const runsDir = runsDirOf(options, terminal);
  const [a = '', b = ''] = args;
  const diff = await diffRuns(findRun(runsDir, a), findRun(runsDir, b));
  if (options.json) terminal.out(JSON.stringify(diff, undefined, 2));
  else for (const unit of diff.units) for (const line of describe(unit, terminal)) terminal.out(line);
  return diff.same ? exitCodes.succeeded : exitCodes.difference;
}

function describe(unit: UnitDiff, terminal: Terminal): string[] {
  const name = unit.item === undefined ? unit.step : `${unit.step} ${harmless(unit.item)}`;
  const head = (style: Style, said: string) => `${name}: ${terminal.paint(style, said)}`;
  switch (unit.is) {
    case 'same':
      return [head('green', 'same')];
    case 'nondeterministic':
      return [head('yellow', 'output differs with same inputs (nondeterministic)')];
    case 'ended_otherwise':
      return [head('red', `${unit.before} there, ${unit.now} here, with same inputs`)];
    case 'only_in':
      return [head('yellow', `only in ${unit.run}`)];
    case 'changed': {
      const { parts, changes, reads } = unit;
      const unknown = 'inputs changed; what they were cannot be told any more';
      const lines = [...tellChanges(changes), ...(reads === undefined ? [] : readLines(reads))];
      const what = parts.length === 0 ? unknown : `${parts.join(', ')} changed`;
      return [head('yellow', what), ...lines.map((line) => `  ${harmless(shortDigests(line))}`)];
    }
  }
}

function shortDigests(line: string): string {
  return line.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1');
}

const mostFiles = 10;

/** Digests of what a step read are only kept with `cache: on`. */
function readLines({ now, since }: ReadsNow): string[] {
  if (now.length === 0) return ['it reads no file any more'];
  const files = (names: readonly string[]) => fewOf(names, mostFiles).join(', ');
  if (since.length > 0) return [`of the files that it reads, changed on disc since then: ${files(since)}`];
  return [`no file that it reads is newer: one is gone, or another in its place; it reads ${files(now)}`];
}
