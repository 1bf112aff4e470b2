import type { FileRef, StepKind } from '@orch/contracts';
import { z } from 'zod';

const input = z.strictObject({ write: z.record(z.string(), z.string()) });

/** Writes rendered texts to files below the folder of outputs. */
export const filesKind: StepKind<z.infer<typeof input>> = {
  kind: 'files',
  version: 1,
  input,
  fingerprint: ({ write }) => write,
  async run({ write }, host) {
    const files: FileRef[] = [];
    for (const [path, content] of Object.entries(write)) {
      const written = await host.write(path, content);
      if (!written.ok) return { status: 'failed', error: written.error };
      files.push(written.value);
    }
    return { status: 'succeeded', output: files };
  },
};
