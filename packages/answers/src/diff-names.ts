/** The two names that a diff has for a file; undefined for `/dev/null`. */
export type DiffNames = { readonly old: string | undefined; readonly new: string | undefined };

/** A name as a header line has it: unquoted, without a time behind it. */
export function nameInHeader(written: string): string {
  const name = written.split('\t', 1)[0] ?? '';
  if (name.startsWith('"')) return unquoted(name.trimEnd());
  return name.replace(/ \d{4}-\d\d-\d\d[ T]\d\d:\d\d.*$/, '').trimEnd();
}

/** The names in `diff --git a/x b/x`; undefined where it cannot be told where the first one ends. */
export function namesInGitLine(written: string): DiffNames | undefined {
  const [, ...quotedNames] =
    /^("(?:[^"\\]|\\.){1,2000}"|\S{1,2000}) ("(?:[^"\\]|\\.){1,2000}"|\S{1,2000})$/.exec(written) ?? [];
  const [first, second] = quotedNames;
  if (first !== undefined && second !== undefined) return { old: nameInHeader(first), new: nameInHeader(second) };
  const middle = (written.length - 1) / 2;
  const halves = { old: written.slice(0, middle), new: written.slice(middle + 1) };
  if (written[middle] === ' ' && samePath(halves)) return halves;
  const [, old, after] = /^(a\/.+?) (b\/.+)$/.exec(written) ?? [];
  return old === undefined ? undefined : { old, new: after };
}

function samePath(names: DiffNames): boolean {
  const bare = withoutPrefixes(names);
  return bare.old === bare.new;
}

/** Without the `a/` and `b/` (or `i/`, `w/` …) that Git puts before them; real folders of these names stay. */
export function withoutPrefixes({ old, new: after }: DiffNames): DiffNames {
  if (old === undefined) return { old, new: after?.replace(/^b\//, '') };
  if (after === undefined) return { old: old.replace(/^a\//, ''), new: after };
  const isPrefixed = /^[abciow]\//.test(old) && /^[abciow]\//.test(after) && old[0] !== after[0];
  return isPrefixed ? { old: old.slice(2), new: after.slice(2) } : { old, new: after };
}

const escapes: { readonly [char: string]: string } = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** As Git quotes names: C escapes, bytes of UTF-8 in octal. */
function unquoted(written: string): string {
  const inside = written.slice(1, written.endsWith('"') ? -1 : undefined);
  const bytes = inside.replaceAll(/(?:\\[0-7]{3})+/g, (octal) =>
    Buffer.from(
      octal
        .split('\\')
        .slice(1)
        .map((digits) => Number.parseInt(digits, 8) & 0xff),
    ).toString('utf8'),
  );
  return bytes.replaceAll(/\\(.)/g, (_, char: string) => escapes[char] ?? char);
}
