import { OrchError, err, ok } from '@orch/contracts';
import type { FileRef, PlanStep, Result } from '@orch/contracts';
import { join, relative } from 'node:path';
import { sha256 } from '@orch/cache';
import { findFiles } from '../fan-out/find-files.ts';
import type { RunContext } from '../run/run-context.ts';

/** The files that a step declared to write, as they are now: kept as blobs and put into the log. */
export async function collectWrites(
  run: RunContext,
  step: PlanStep,
  item: string | undefined,
): Promise<Result<FileRef[]>> {
  const files: FileRef[] = [];
  for (const pattern of step.writes) {
    const paths = await findFiles([pattern], run.outputs);
    if (paths.length === 0) return err(nothingWritten(step, pattern));
    const secret = paths.find((path) => run.hider.text(path) !== path);
    if (secret !== undefined) return err(secretName(run.hider.text(secret)));
    for (const path of paths) files.push(logFile(run, path, { step: step.id, item }));
  }
  return ok(files);
}

function logFile(run: RunContext, path: string, where: { step: string; item: string | undefined }): FileRef {
  const content = withoutSecrets(run, path, run.files.read(path) ?? new Uint8Array());
  const logged = relative(run.paths.dir, join(run.outputs, path)).replaceAll('\\', '/');
  const before = run.journal.state.files.get(logged)?.sha256;
  const file = { path: logged, sha256: sha256(content), size_bytes: content.length };
  const wrote = before !== file.sha256;
  const reason = !wrote ? 'nochange' : before === undefined ? 'created' : 'overwritten';
  run.blobs.put(content);
  run.journal.push('file.written', { ...file, wrote, reason }, where);
  return file;
}

/** On disc first: its digest, the blob and the event are then those of what stands there. */
function withoutSecrets({ hider, files }: RunContext, path: string, content: Uint8Array): Uint8Array {
  const hidden = hider.bytes(content);
  if (hidden !== content) files.write(path, hidden);
  return hidden;
}

function secretName(name: string): OrchError {
  return new OrchError('command_failed', `Expected names of files without secrets in them, a command wrote ${name}.`, {
    hint: 'Give the file another name, or take its variable out of the environment.',
  });
}

function nothingWritten(step: PlanStep, pattern: string): OrchError {
  return new OrchError('command_failed', `Expected step ${step.id} to write ${pattern}, no such file is there.`, {
    hint: '`writes` are globs below the folder of outputs ({{ run.outputs }}).',
  });
}
