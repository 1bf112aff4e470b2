import { relative, sep } from 'node:path';
import { OrchError } from '@orch/contracts';
import { resolveInside } from '@orch/filestore';
import type { TarHeader } from 'modern-tar';
import { staysHere } from './carried-entries.ts';
import { NameClaims } from './name-claims.ts';

export type AcceptedEntry = { readonly type: 'file' | 'folder'; readonly target: string };

const idForm = /^job_[0-9a-f]{12}$/;

/** Which entries of a foreign archive may be unpacked, and where: in folders that are named as runs are. */
export class EntryRules {
  readonly #into: string;
  readonly #onRun: (jobId: string) => void;
  readonly #names = new NameClaims();
  readonly #jobIds = new Set<string>();

  constructor(into: string, onRun: (jobId: string) => void) {
    this.#into = into;
    this.#onRun = onRun;
  }

  /** Of the runs met so far, in their order. */
  get jobIds(): readonly string[] {
    return [...this.#jobIds];
  }

  /** Undefined for what is left behind when a run moves. Throws `unsafe_path` and `usage`. */
  accept({ name, type: kind = 'file' }: TarHeader): AcceptedEntry | undefined {
    if (kind !== 'file' && kind !== 'directory') throw unsafe(name, `it is a ${kind}`);
    const type = kind === 'file' ? 'file' : 'folder';
    const place = resolveInside(this.#into, name.replace(/\/+$/, ''));
    if (!place.ok) throw place.error;
    const path = relative(this.#into, place.value).replaceAll(sep, '/');
    const [top = '', ...below] = path.split('/');
    this.#requireTop(top, type === 'folder' || below.length > 0);
    if (staysHere(below.join('/'))) return undefined;
    const reason = this.#names.claim(path, type);
    if (reason !== undefined) throw unsafe(name, reason);
    return { type, target: place.value };
  }

  #requireTop(top: string, isFolder: boolean): void {
    if (!isFolder || !idForm.test(top)) {
      throw new OrchError(
        'usage',
        `Expected an archive of folders job_…, the ids of runs; it has ${JSON.stringify(top)}.`,
      );
    }
    if (this.#jobIds.has(top)) return;
    this.#onRun(top);
    this.#jobIds.add(top);
  }
}

function unsafe(name: string, reason: string): OrchError {
  return new OrchError('unsafe_path', `${JSON.stringify(name)} cannot be unpacked: ${reason}.`, {
    details: { path: name },
  });
}
