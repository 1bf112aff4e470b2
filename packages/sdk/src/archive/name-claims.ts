/** The names in a tree of files, so that no two of them are one file on any system. */
export class NameClaims {
  readonly #claimed = new Map<string, { readonly path: string; readonly type: 'file' | 'folder' }>();

  /** Takes a path and the folders above it. Why it cannot be had; undefined when it can. */
  claim(path: string, type: 'file' | 'folder'): string | undefined {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const reason = this.#take(path.slice(0, end), 'folder');
      if (reason !== undefined) return reason;
    }
    return this.#take(path, type);
  }

  #take(path: string, type: 'file' | 'folder'): string | undefined {
    const key = foldName(path);
    const other = this.#claimed.get(key);
    if (other === undefined) this.#claimed.set(key, { path, type });
    else if (other.path !== path) return `it differs only in case or Unicode form from ${other.path}`;
    else if (type === 'file' || other.type === 'file') return 'it is there twice';
    return undefined;
  }
}

/** Equal for names that differ in case or Unicode form only. Upper case first: it takes ß to SS and ſ to S. */
function foldName(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}
