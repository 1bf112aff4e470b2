/**
 * Why a path cannot be that of a file of the project, on any system, judged by its text alone; undefined when it can.
 * Whether a link leads out is for the writer to see.
 */
export function whyOutside(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute';
  if (path.startsWith('~')) return 'it starts in a home folder';
  if (path.includes('\\')) return 'it has a backslash; folders are parted by "/"';
  if (!path.isWellFormed() || /\p{Cc}/u.test(path)) return 'it has a character that no name has';
  if (path.endsWith('/')) return 'it names a folder';
  const names = namesOf(path);
  if (names.length === 0) return 'it names the project itself';
  if (names.includes('..')) return 'it has a ".." part';
  return names.some(isRepository) ? 'it belongs to the repository itself' : undefined;
}

/** The same path without parts that count for nothing: `./` and doubled slashes. */
export function tidy(path: string): string {
  return namesOf(path).join('/');
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** Also as Windows reads it: in any case, with dots and spaces behind it, or by its short name. */
function isRepository(name: string): boolean {
  return /^(?:\.git[. ]*|git~\d+)$/i.test(name);
}
