import { hash } from 'node:crypto';
import { posix, resolve, sep } from 'node:path';
import { err, ok } from '@orch/contracts';
import type { PlanInput, Result } from '@orch/contracts';

export const sha256 = (content: string): string => hash('sha256', content);

/** The files that compilation reads, each once. Paths are relative to the folder of the job. */
export class Inputs {
  readonly #jobDir: string;
  readonly #readFile: (path: string) => Promise<string>;
  readonly #read = new Map<string, Promise<Result<PlanInput, string>>>();
  readonly #kept = new Map<string, PlanInput>();

  constructor(jobDir: string, readFile: (path: string) => Promise<string>) {
    this.#jobDir = jobDir;
    this.#readFile = readFile;
  }

  /** Reads a file, or says why it cannot. */
  take(path: string): Promise<Result<PlanInput, string>> {
    const normal = posix.normalize(path.split(sep).join('/'));
    const known = this.#read.get(normal);
    if (known !== undefined) return known;
    const reading = this.#take(normal);
    this.#read.set(normal, reading);
    return reading;
  }

  /** All that was read, by path. */
  list(): PlanInput[] {
    return [...this.#kept.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async #take(path: string): Promise<Result<PlanInput, string>> {
    try {
      const content = await this.#readFile(resolve(this.#jobDir, path));
      const input = { path, sha256: sha256(content), content };
      this.#kept.set(path, input);
      return ok(input);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return err(code === 'ENOENT' ? `no such file: ${path}` : `cannot read ${path}: ${message}`);
    }
  }
}
