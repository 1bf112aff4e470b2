import { createHash } from 'node:crypto';
import type { CompiledJob, PlanStep } from '@orch/contracts';
import { loadJob } from '../compile-job.ts';
import type { CompileContext } from '../compile/context.ts';
import type { SpecError } from '../spec-error.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Files by absolute path, as a compile context reads them. */
export function readingFrom(files: Readonly<Record<string, string>>): Pick<CompileContext, 'readFile' | 'isFile'> {
  return {
    isFile: (path) => Object.hasOwn(files, path),
    readFile: async (path) => {
      const content = files[path];
      if (content === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return content;
    },
  };
}

export function contextIn(
  jobDir: string,
  more: Partial<CompileContext> = {},
): CompileContext & { readonly file: string } {
  const digest = (plan: unknown) => sha256(JSON.stringify(plan));
  return { ...readingFrom({}), jobDir, file: 'job.yaml', digest, ...more };
}

/** What a job in the folder /job compiles to; throws its errors. */
export async function compiled(text: string, more: Partial<CompileContext> = {}): Promise<CompiledJob> {
  const job = await loadJob(text, contextIn('/job', more));
  if (!job.ok) throw new Error(job.error.map(shown).join('\n'));
  return job.value;
}

export const stepOf = async (
  text: string,
  id = 'a',
  more: Partial<CompileContext> = {},
): Promise<PlanStep | undefined> => (await compiled(text, more)).plan.steps.find((step) => step.id === id);

/** The errors of a job, each in one line that begins with its place. */
export async function errorsOf(text: string, more: Partial<CompileContext> = {}): Promise<string[]> {
  const job = await loadJob(text, contextIn('/job', more));
  return job.ok ? [] : job.error.map(shown);
}

export function shown({ file, line, column, code, message, hint }: SpecError): string {
  const place = file === 'job.yaml' ? `${line}:${column}` : `${file}:${line}:${column}`;
  return `${place} ${code} ${message}${hint === undefined ? '' : ` [${hint}]`}`;
}
