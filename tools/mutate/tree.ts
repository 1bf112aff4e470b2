import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A private copy of the repository, in which files may be changed. */
export type Tree = {
  readonly dir: string;
  /** Undefined when there is no such file. */
  read(file: string): string | undefined;
  write(file: string, text: string): void;
  remove(): void;
};

/** Copies all that git knows or would know; what is installed is linked, the packages of the workspace to the copies. */
export function copyTree(root: string): Tree {
  const dir = mkdtempSync(join(tmpdir(), 'orch-mutate-'));
  for (const file of filesOf(root)) copy(join(root, file), join(dir, file));
  for (const folder of packageFolders(root)) linkModules(join(root, folder), join(dir, folder));
  symlinkSync(join(root, '.toolchain'), join(dir, '.toolchain'));
  return {
    dir,
    read: (file) => (existsSync(join(dir, file)) ? readFileSync(join(dir, file), 'utf8') : undefined),
    write: (file, text) => writeFileSync(join(dir, file), text),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function filesOf(root: string): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return listed.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
}

function packageFolders(root: string): string[] {
  const folders = filesOf(root).filter((file) => file.endsWith('package.json'));
  return folders.map(dirname).filter((folder) => existsSync(join(root, folder, 'node_modules')));
}

/** Links are copied as they are, so that those into the workspace lead to the copy; the store itself is shared. */
function linkModules(from: string, to: string): void {
  const [source, target] = [join(from, 'node_modules'), join(to, 'node_modules')];
  const own = new Set(['.pnpm', '.cache', '.vite', '.vite-temp', '.vitest-cache'].map((name) => join(source, name)));
  cpSync(source, target, { recursive: true, verbatimSymlinks: true, filter: (path) => !own.has(path) });
  if (existsSync(join(source, '.pnpm'))) symlinkSync(join(source, '.pnpm'), join(target, '.pnpm'));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { verbatimSymlinks: true });
}
