import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { tempDir } from '@orch/testkit';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../tools/checks.mjs';
import { installPacked, publishablePackages, readManifest, type Exports } from './packed.ts';

const packages = publishablePackages();
const names = packages.map(({ manifest }) => manifest.name);
const libraries = packages.filter(({ manifest }) => !manifest.bin).map(({ manifest }) => manifest.name);

const dir = tempDir(afterAll);
const home = join(dir, 'home');
let app = '';

beforeAll(() => {
  app = installPacked(packages, dir);
  mkdirSync(home);
  libraries.forEach(writeExample);
  mkdirSync(typescriptJob());
  writeFileSync(join(typescriptJob(), 'job.ts'), definition);
}, 120_000);

test.for(libraries)('the README example of %s runs', (name) => {
  const folder = exampleFolder(name);
  expect(existsSync(join(folder, 'example.mts')), 'the README has a block that opens with ```ts').toBe(true);
  const { status, stdout, stderr } = run(process.execPath, ['example.mts'], folder);
  expect(status, `${stdout}${stderr}`).toBe(0);
  expect(stdout.trim(), 'what the example prints').not.toBe('');
});

test('the README examples fit the packed types', () => {
  const compilerOptions = {
    ...{ target: 'es2024', lib: ['es2024'], module: 'nodenext', strict: true, noEmit: true },
    ...{ types: ['node'], typeRoots: [join(root, 'node_modules', '@types')] },
  };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['examples'] }));
  const { status, stdout } = run(join(root, 'node_modules', '.bin', 'tsc'), [], app);
  expect(status, stdout).toBe(0);
});

test('the packed command line starts', () => {
  const orch = join(app, 'node_modules', '.bin', 'orch');
  const { version } = readManifest(join(app, 'node_modules', '@orch', 'cli'));
  expect(run(orch, ['--version'], app)).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  expect(run(orch, ['--help'], app)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Usage: orch'),
    stderr: '',
  });
});

test('the packed command line runs a job in TypeScript, also where @orch/sdk is not installed', () => {
  const orch = join(app, 'node_modules', '.bin', 'orch');
  cpSync(typescriptJob(), join(dir, 'elsewhere'), { recursive: true });
  for (const folder of [typescriptJob(), join(dir, 'elsewhere')]) {
    const { status, stdout, stderr } = run(orch, ['run', 'job.ts'], folder);
    expect({ status, stderr, stdout }).toMatchObject({ status: 0, stderr: '' });
    const written = join(folder, 'runs', 'latest', 'outputs', 'greetings', 'all.md');
    expect(readFileSync(written, 'utf8')).toBe('["echo: Greet Ada","echo: Greet Bo"]');
  }
});

describe.for(names)('%s, as packed,', (name) => {
  const installed = () => realpathSync(join(app, 'node_modules', name));

  test('holds its build, its README, the license and the folders it names, nothing else', () => {
    const { files: named = [] } = readManifest(installed());
    const isNamed = (file: string): boolean =>
      named.some((folder) => folder !== 'dist' && file.startsWith(`${folder}/`));
    const files = filesOf(installed()).filter((file) => !isNamed(file));
    const wanted = /^(package\.json|README\.md|LICENSE|dist\/.*(?<!\.test)\.(js|js\.map|d\.ts))$/;
    expect(files.filter((file) => !wanted.test(file))).toEqual([]);
    const { exports } = readManifest(installed());
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', ...exportTargets(exports)]));
  });

  test('names nothing that exists in the repository only', () => {
    const { exports, dependencies = {} } = readManifest(installed());
    expect(JSON.stringify(exports)).not.toContain('@orch/source');
    expect(Object.entries(dependencies).filter(([, range]) => !/^\^?\d+\.\d+\.\d+/.test(range))).toEqual([]);
  });

  test('passes publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed(), strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });
});

const definition = `
import { defineJob } from '@orch/sdk';

type Person = { readonly name: string };
const people: readonly Person[] = [{ name: 'Ada' }, { name: 'Bo' }];

export default defineJob({ project: 'greetings', provider: 'echo' }, (j) => {
  const greet = j.llm('greet', { each: people, prompt: (person) => j.t\`Greet \${person.name}\` });
  return j.files('keep', { write: { 'all.md': j.t\`\${greet.output}\` } });
});
`;

const typescriptJob = (): string => join(app, 'examples', 'typescript-job');

function exampleFolder(name: string): string {
  return join(app, 'examples', name);
}

function writeExample(name: string): void {
  const readme = readFileSync(join(app, 'node_modules', name, 'README.md'), 'utf8');
  const example = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1];
  if (example === undefined) return;
  mkdirSync(exampleFolder(name), { recursive: true });
  writeFileSync(join(exampleFolder(name), 'example.mts'), example);
}

/** Runs a program as for somebody who has set nothing up: no variable of this process but PATH, an empty home. */
function run(command: string, args: readonly string[], cwd: string) {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = { PATH: path, HOME: home, TMPDIR: home };
  return spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 30_000 });
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('node_modules')); // pnpm's link to the package's own command
}

function exportTargets(exports: Exports): string[] {
  if (typeof exports === 'string') return [exports.replace('./', '')];
  return Object.values(exports).flatMap(exportTargets);
}
