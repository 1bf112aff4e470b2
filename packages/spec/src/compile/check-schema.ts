import type { Ajv2020, ErrorObject } from 'ajv/dist/2020.js';
import type { JsonObject } from '@orch/contracts';
import type { Problems } from '../source/problems.ts';
import { describe, inside } from '../source/written.ts';
import type { Written, WrittenMap } from '../source/written.ts';

/** Notes where a JSON Schema (draft 2020-12) is none. */
export async function checkSchema(
  schema: JsonObject,
  written: WrittenMap,
  { path, problems }: { path: string; problems: Problems },
): Promise<void> {
  const ajv = await checker();
  try {
    if (ajv.validateSchema(schema) === true) ajv.compile(schema);
    else for (const fault of firstOfEachPlace(ajv.errors ?? [])) note(fault, written, { path, problems });
  } catch (error) {
    const message = `${path}: not a JSON Schema: ${error instanceof Error ? error.message : String(error)}`;
    problems.add(written.span[0], { code: 'bad_schema', message });
  } finally {
    ajv.removeSchema(schema);
  }
}

let loaded: Promise<Ajv2020> | undefined;

/** Loaded only by jobs that need it: it costs more than all the rest. */
function checker(): Promise<Ajv2020> {
  loaded ??= import('ajv/dist/2020.js').then(
    ({ Ajv2020 }) => new Ajv2020({ strict: false, validateFormats: false, allErrors: true, logger: false }),
  );
  return loaded;
}

function firstOfEachPlace(faults: readonly ErrorObject[]): ErrorObject[] {
  return faults.filter(
    ({ instancePath }, index) => faults.findIndex((fault) => fault.instancePath === instancePath) === index,
  );
}

function note(fault: ErrorObject, written: WrittenMap, { path, problems }: { path: string; problems: Problems }): void {
  const keys = fault.instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  let at: Written = written;
  let where = path;
  for (const key of keys) {
    const next = child(at, key);
    if (next === undefined) break;
    where = inside(where, at.type === 'list' ? Number(key) : key);
    at = next;
  }
  const allowed = (fault.params as { allowedValues?: readonly unknown[] }).allowedValues;
  const words = allowed === undefined ? (fault.message ?? fault.keyword) : `must be one of ${allowed.join(', ')}`;
  problems.add(at.span[0], {
    code: 'bad_schema',
    message: `${where}: not a JSON Schema: ${words}, got ${describe(at)}`,
  });
}

function child(written: Written, key: string): Written | undefined {
  if (written.type === 'list') return written.items[Number(key)];
  return written.type === 'map' ? written.entries.find((entry) => entry.key === key)?.value : undefined;
}
