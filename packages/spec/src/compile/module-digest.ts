import { posix } from 'node:path';
import { ok } from '@orch/contracts';
import type { Digest, Result } from '@orch/contracts';
import { Inputs, sha256 } from './inputs.ts';

/** The `code_sha256` of a module as it is now, its path relative to the folder of the job; or why it cannot be told. */
export function digestModule(
  path: string,
  { jobDir, readFile }: { readonly jobDir: string; readonly readFile: (path: string) => Promise<string> },
): Promise<Result<Digest, string>> {
  return moduleDigest(path, new Inputs(jobDir, readFile));
}

/** One digest over a module file and every file it imports by a relative path, and those import, and so on. */
export async function moduleDigest(path: string, inputs: Inputs): Promise<Result<Digest, string>> {
  const root = await inputs.take(path);
  if (!root.ok) return root;
  const digests = new Map([[root.value.path, root.value.sha256]]);
  for (const waiting = [root.value]; waiting.length > 0;) {
    const { path: from, content } = waiting.pop()!;
    for (const target of relativeImports(content).map((name) => posix.join(posix.dirname(from), name))) {
      if (digests.has(target)) continue;
      const input = await inputs.take(target);
      // A name in a comment or a string reads like an import; a file that is truly missing stops the module itself.
      if (!input.ok) continue;
      digests.set(target, input.value.sha256);
      waiting.push(input.value);
    }
  }
  const sorted = [...digests].sort(([a], [b]) => (a < b ? -1 : 1));
  return ok(sha256(JSON.stringify(sorted)));
}

function relativeImports(code: string): string[] {
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g)].map(({ 2: name }) => name!);
}
