import { draftPattern } from './draft.ts';

const controlCharacter = /\p{Cc}/u;
const windowsDrive = /^[a-z]:/i;
/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file: devices, whatever extension follows. */
const deviceName = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *([.:]|$)/i;
const plainName = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i;

/** The names that a relative path goes through; `./` and doubled slashes count for nothing. */
export function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** Why a path cannot be used below a root on every system, judged by its text alone; undefined when it can. */
export function whyUnsafe(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.startsWith('/') || windowsDrive.test(path)) return 'it is absolute';
  if (path.endsWith('/')) return 'it ends in "/" and so names a folder';
  if (path.includes('\\')) return 'it has a backslash; folders are parted by "/"';
  if (!path.isWellFormed()) return 'it is not well-formed Unicode';
  if (controlCharacter.test(path)) return 'it has a control character';
  const names = namesOf(path);
  if (names.length === 0) return 'it names the root itself';
  return firstReason(names);
}

function firstReason(names: readonly string[]): string | undefined {
  for (const name of names) {
    const reason = whyUnsafeName(name);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function whyUnsafeName(name: string): string | undefined {
  if (name === '..') return 'it has a ".." part';
  if (deviceName.test(name)) return `"${name}" is the name of a device on Windows`;
  if (plainName.test(name)) return undefined;
  if (/[. ]$/.test(name)) return `"${name}" ends in a dot or a space`;
  if (draftPattern.test(name)) return `"${name}" is a name for files that are being written`;
  return undefined;
}
