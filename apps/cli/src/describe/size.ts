import { OrchError } from '@orch/contracts';

const units: Readonly<Record<string, number>> = { '': 1, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** A number of bytes, as `1500`, `300MB` or `1.5GB`. */
export function readSize(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([kMGT]?B)?$/.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (units[unit] ?? NaN));
  if (number !== '' && bytes > 0) return bytes;
  throw new OrchError('usage', `Expected ${flag} to be a size such as 300MB or 1.5GB, got \`${text}\`.`);
}
