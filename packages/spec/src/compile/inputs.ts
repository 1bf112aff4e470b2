import { hash } from 'node:crypto';
import { posix, resolve, sep } from 'node:path';
import { err, ok } from '@orch/contracts';
import type { PlanInput, Result } from '@orch/contracts';

export const sha256 = (content: string): string => hash('sha256', content);

type ReadFile = (path: string) => Promise<string>;

/** The files that compilation reads, each once. Paths are relative to the folder of the job. */
export class Inputs {
  readonly #jobDir: string;
  readonly #readFile: ReadFile;
  readonly #read = new Map<string, Promise<Result<PlanInput, string>>>();
  readonly #kept = new Map<string, PlanInput>();
  readonly #mounts = new Map<string, string>();
  readonly #below: { readonly folder: string; readonly inputs: Inputs }[] = [];

  constructor(jobDir: string, readFile: ReadFile) {
    this.#jobDir = jobDir;
    this.#readFile = readFile;
  }

  /** From now on, files below `folder` are read in `dir`: they are not beside the job, but go with it. */
  mount(folder: string, dir: string): void {
    this.#mounts.set(`${folder}/`, dir);
  }

  /** Where a file is read. */
  absolute(path: string): string {
    for (const [folder, dir] of this.#mounts) {
      if (path.startsWith(folder)) return resolve(dir, path.slice(folder.length));
    }
    return resolve(this.#jobDir, path);
  }

  /** The inputs of a job in another folder: its own, and part of these. */
  below(folder: string): Inputs {
    const inputs = new Inputs(this.absolute(folder), this.#readFile);
    this.#below.push({ folder, inputs });
    return inputs;
  }

  /** Reads a file, or says why it cannot. */
  take(path: string): Promise<Result<PlanInput, string>> {
    const normal = normalPath(path);
    const known = this.#read.get(normal);
    if (known !== undefined) return known;
    const reading = this.#take(normal);
    this.#read.set(normal, reading);
    return reading;
  }

  /** Adds a file whose content is at hand. */
  keep(path: string, content: string): PlanInput {
    const input = { path, sha256: sha256(content), content };
    this.#kept.set(path, input);
    return input;
  }

  /** All that was read, by path. */
  list(): PlanInput[] {
    const all = new Map(this.#kept);
    for (const { folder, inputs } of this.#below) {
      for (const input of inputs.list()) {
        const path = posix.join(folder, input.path);
        all.set(path, { ...input, path });
      }
    }
    return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async #take(path: string): Promise<Result<PlanInput, string>> {
    try {
      return ok(this.keep(path, await this.#readFile(this.absolute(path))));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return err(code === 'ENOENT' ? `no such file: ${path}` : `cannot read ${path}: ${message}`);
    }
  }
}

export const normalPath = (path: string): string => posix.normalize(path.split(sep).join('/'));
