import { exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { diffRuns, findRun, tellChanges } from '@orch/sdk';
import type { UnitDiff } from '@orch/sdk';
import type { Style, Terminal } from '../terminal.ts';
import { harmless } from '../words.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './options.ts';
import type { RunsDirOption } from './options.ts';

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
      const what =
        unit.parts.length === 0
          ? 'inputs changed; what they were cannot be told any more'
          : `${unit.parts.join(', ')} changed`;
      return [head('yellow', what), ...tellChanges(unit.changes).map((line) => `  ${harmless(line)}`)];
    }
  }
}
