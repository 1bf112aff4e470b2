import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../tools/checks.mjs';

export type Exports = string | { readonly [key: string]: Exports };

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports: Exports;
  readonly files?: readonly string[];
}

/** A package that goes to the registry; `folder` is absolute. */
export interface Publishable {
  readonly folder: string;
  readonly manifest: Manifest;
}

export function publishablePackages(): Publishable[] {
  const groups = ['packages', 'apps'].map((group) => join(root, group));
  const folders = groups.flatMap((group) => readdirSync(group).map((name) => join(group, name)));
  return folders
    .map((folder) => ({ folder, manifest: readManifest(folder) }))
    .filter(({ manifest }) => !manifest.private);
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/**
 * Builds and packs the packages in a copy of the workspace, where no earlier build left anything, and installs all
 * tarballs in one folder. No network: third-party packages are links to the workspace's own installation.
 *
 * @param dir an empty folder outside the repository
 * @returns the folder with the installation
 */
export function installPacked(packages: readonly Publishable[], dir: string): string {
  const workspace = join(dir, 'workspace');
  const tarballs = join(dir, 'tarballs');
  const app = join(dir, 'app');
  copyWorkspace(workspace);
  succeed(process.execPath, [join('tools', 'build.mjs')], workspace);
  const filters = packages.map(({ manifest }) => `--filter=${manifest.name}`);
  succeed('pnpm', [...filters, 'pack', '--pack-destination', tarballs], workspace);
  writeApp(app, packages, tarballs);
  const ownFolders = ['--store-dir', join(dir, 'store'), '--cache-dir', join(dir, 'cache')];
  succeed('pnpm', ['install', '--offline', '--ignore-scripts', ...ownFolders], app);
  return app;
}

function copyWorkspace(target: string): void {
  const files = ['package.json', 'pnpm-workspace.yaml', 'tsconfig.json', 'tsconfig.base.json', 'LICENSE'];
  for (const part of [...files, 'tools', 'packages', 'apps']) {
    const filter = (path: string) => basename(path) !== 'dist';
    cpSync(join(root, part), join(target, part), { recursive: true, verbatimSymlinks: true, filter });
  }
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'));
}

function writeApp(app: string, packages: readonly Publishable[], tarballs: string): void {
  const dependencies = Object.fromEntries(
    packages.map(({ manifest: { name, version } }) => [
      name,
      `file:${join(tarballs, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)}`,
    ]),
  );
  const overrides = { ...dependencies, ...Object.fromEntries(packages.flatMap(thirdPartyLinks)) };
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, dependencies }));
  // Without hoisting a package finds no third-party package that its manifest does not name. (JSON is YAML.)
  writeFileSync(join(app, 'pnpm-workspace.yaml'), JSON.stringify({ overrides, hoist: false }));
}

function thirdPartyLinks({ folder, manifest }: Publishable): [string, string][] {
  const names = Object.keys(manifest.dependencies ?? {}).filter((name) => !name.startsWith('@orch/'));
  return names.map((name) => [`${manifest.name}>${name}`, `link:${realpathSync(join(folder, 'node_modules', name))}`]);
}

function succeed(command: string, args: readonly string[], cwd: string): void {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`$ ${command} ${args.join(' ')}\n${stdout}${stderr}`);
}
