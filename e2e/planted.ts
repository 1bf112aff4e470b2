import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { TestContext } from 'vitest';
import { openPlace } from './orch.ts';
import type { Ended, Environment, Place } from './orch.ts';

/** Found by the name of its variable. */
export const token = 'ghp_R2d2Zk9xQ4planted7';
/** Found because the job names it; with all that programs escape. */
export const deploy = 'c-3po "and" r2&d2=100%+yes';

export const secrets = { PLANT_TOKEN: token, DEPLOY: deploy };

/** A place whose orch has secrets in its environment. */
export function openPlanted(context: TestContext, more: Environment = {}): Place {
  const place = openPlace(context);
  const env = { ...secrets, ...more };
  return {
    ...place,
    orch: (args, extra) => place.orch(args, { ...env, ...extra }),
    start: (args, extra) => place.start(args, { ...env, ...extra }),
  };
}

/** Nothing that runs left, exported or printed has a secret in it, however it is written. */
export async function expectClean(place: Place, ...ended: readonly Ended[]): Promise<void> {
  expect(leaksIn(place.path('runs'), place.path('runs'))).toEqual([]);
  for (const { stdout, stderr } of ended)
    expect({ stdout, stderr, found: formsIn(stdout + stderr) }).toMatchObject({ found: [] });
  for (const id of place.runs()) {
    const exported = await place.orch(['export', id, '-o', `${id}.tar.gz`]);
    expect({ code: exported.code, stderr: exported.stderr }).toEqual({ code: 0, stderr: exported.stderr });
    expect(formsIn(gunzipSync(readFileSync(place.path(`${id}.tar.gz`))).toString('latin1'))).toEqual([]);
    for (const args of [
      ['show', id, '--json'],
      ['verify', id],
    ]) {
      // Where nobody knows what is secret.
      const shown = await place.orch(args, { PLANT_TOKEN: '', DEPLOY: '' });
      expect(formsIn(shown.stdout + shown.stderr)).toEqual([]);
      if (args[0] === 'verify') expect({ code: shown.code, stderr: shown.stderr }).toEqual({ code: 0, stderr: '' });
    }
  }
}

/** Where below a folder a secret stands: in the content or the name of a file. Links are not followed. */
export function leaksIn(folder: string, base: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const inName = formsIn(entry.name).map((form) => `${relative(base, path)} is called ${form}`);
    if (entry.isDirectory()) return [...inName, ...leaksIn(path, base)];
    if (!entry.isFile()) return inName;
    const inside = formsIn(readFileSync(path, 'latin1')).map((form) => `${relative(base, path)} has ${form}`);
    return [...inName, ...inside];
  });
}

export function formsIn(text: string): string[] {
  return forms.filter((form) => text.includes(form));
}

/** Written as programs do; by hand, so that this finds what orch's own list forgets. */
const forms = [...new Set([token, deploy].flatMap(formsOf))];

/** A value as programs write it. */
export function formsOf(value: string): string[] {
  const hex = Buffer.from(value).toString('hex');
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    JSON.stringify(JSON.stringify(value)).slice(3, -3),
    encodeURIComponent(value),
    new URLSearchParams({ v: value }).toString().slice(2),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((before) => base64(value, before)),
  ];
}

/** Of the value behind some other bytes: the characters that come from it alone. */
function base64(value: string, before: number): string[] {
  const bytes = Buffer.from('x'.repeat(before) + value);
  const start = Math.ceil((before * 8) / 6);
  const end = Math.floor((bytes.length * 8) / 6);
  return (['base64', 'base64url'] as const).map((coding) => bytes.toString(coding).slice(start, end));
}
