import { OrchError } from '@orch/contracts';
import { runsFolder } from '@orch/sdk/read';
import type { Terminal } from '../terminal/terminal.ts';

export type RunsDirOption = { readonly runsDir?: string };

/** The folder of all runs, absolute: flag, environment, `runs`. */
export function runsDirOf({ runsDir }: RunsDirOption, { env, cwd }: Terminal): string {
  return runsFolder(runsDir, { env, cwd });
}

/** `--var key=value`, any number of times. */
export function readVars(pairs: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(readPair));
}

function readPair(pair: string): [string, string] {
  const at = pair.indexOf('=');
  if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
  throw new OrchError('usage', `Expected --var key=value, got \`${pair}\`.`);
}

export function readCount(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new OrchError('usage', `Expected ${flag} to be a whole number from 1, got \`${text}\`.`);
}
