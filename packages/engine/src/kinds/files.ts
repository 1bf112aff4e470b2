import type { FileRef, Result, StepHost, StepKind } from '@orch/contracts';
import { OrchError, err, ok } from '@orch/contracts';
import { z } from 'zod';
import { publishedFiles } from './published-files.ts';

const input = z
  .strictObject({
    write: z.record(z.string(), z.string()).optional(),
    publish: z.array(z.strictObject({ from: z.string(), to: z.string().optional() })).optional(),
  })
  .refine(({ write, publish }) => write !== undefined || publish !== undefined, 'expected write or publish');

type Files = z.infer<typeof input>;

/** Writes rendered texts, and files that other steps made, to files below the folder of outputs. */
export const filesKind: StepKind<Files> = {
  kind: 'files',
  version: 1,
  input,
  fingerprint: ({ write = {}, publish }) => (publish === undefined ? write : { write, publish: publish.map(toJson) }),
  async run({ write = {}, publish = [] }, host) {
    const published = await contentsOf(publish, host);
    if (!published.ok) return { status: 'failed', error: published.error };
    const files: FileRef[] = [];
    for (const [path, content] of [...Object.entries(write), ...published.value]) {
      const written = await host.write(path, content);
      if (!written.ok) return { status: 'failed', error: written.error };
      files.push(written.value);
    }
    return { status: 'succeeded', output: files };
  },
};

type Published = NonNullable<Files['publish']>[number];

const toJson = ({ from, to }: Published) => ({ from, ...(to !== undefined && { to }) });

/** By target. Each as its step left it, whatever was made of the file since. */
async function contentsOf(
  publish: readonly Published[],
  { scope, dirs, blobs, log }: StepHost,
): Promise<Result<ReadonlyMap<string, Uint8Array>>> {
  const made = Object.values(scope.steps).flatMap(({ files }) => files);
  const contents = new Map<string, Uint8Array>();
  for (const entry of publish) {
    const found = await publishedFiles(entry, { made, outputs: dirs.outputs });
    if (!found.ok) return found;
    if (found.value.length === 0) log(`no file that a needed step made fits ${entry.from}\n`);
    for (const { target, file } of found.value) {
      const content = blobs.get(file.sha256);
      if (content === undefined) return err(goneFile(file));
      contents.set(target, content);
    }
  }
  return ok(contents);
}

function goneFile({ path, sha256 }: FileRef): OrchError {
  return new OrchError(
    'corrupt_log',
    `Expected the content of ${path} among the artifacts of the run, blob ${sha256} is gone.`,
  );
}
