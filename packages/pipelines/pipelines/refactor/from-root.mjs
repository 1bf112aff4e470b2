/**
 * A patch whose paths count from `prefix`, as one whose paths count from the root of the repository: Git takes paths for
 * that in every folder, and passes over those that then lie outside of it without a word.
 *
 * @param {string} diff as the step `propose` prints it
 * @param {readonly { path: string, from?: string }[]} files what it changes, in its order
 * @param {string} prefix empty, or ending in /
 */
export function fromRoot(diff, files, prefix) {
  if (prefix === '') return diff;
  const rest = [...files];
  /** @type {((line: string) => string) | undefined} */
  let rename;
  const lines = diff.split('\n').map((line) => {
    // No line of a hunk begins like either of these.
    if (line.startsWith('diff --git ')) rename = renamer(/** @type {typeof files[0]} */ (rest.shift()), prefix);
    else if (line.startsWith('@@ ')) rename = undefined;
    return rename?.(line) ?? line;
  });
  return lines.join('\n');
}

/** @param {{ path: string, from?: string }} file @param {string} prefix @returns {(line: string) => string} */
function renamer({ path, from = path }, prefix) {
  const [before, after] = [`${prefix}${from}`, `${prefix}${path}`];
  return (line) => {
    const [word] =
      /^(?:diff --git|--- (?!\/dev\/null)|\+\+\+ (?!\/dev\/null)|(?:rename|copy) (?:from|to) )/.exec(line) ?? [];
    if (word === undefined) return line;
    if (word === 'diff --git') return `${word} ${quoted(`a/${before}`)} ${quoted(`b/${after}`)}`;
    if (word === '--- ') return word + named(`a/${before}`);
    if (word === '+++ ') return word + named(`b/${after}`);
    return word + quoted(word.endsWith('from ') ? before : after);
  };
}

/** Behind a name with a space Git puts a tab. @param {string} name */
function named(name) {
  return name.includes(' ') ? `${quoted(name)}\t` : quoted(name);
}

/** @param {string} name */
function quoted(name) {
  return name.includes('"') ? JSON.stringify(name) : name;
}
