import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { tempDir } from '@orch/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nxEnv, root } from './checks.mjs';
import { walls } from './walls.mjs';

interface SourceFile {
  readonly file: string;
  readonly source: string;
}

interface Violation extends SourceFile {
  readonly title: string;
  readonly refusal: { readonly rule: string; readonly message: RegExp };
  /** Where the refusal is reported, when not in the file itself. */
  readonly reportedIn?: string;
}

interface Message {
  readonly ruleId: string | null;
  readonly message: string;
}

const boundaries = '@nx/enforce-module-boundaries';
const unresolvable = { rule: boundaries, message: /Transitive or unresolvable/ };
const outOfBounds = {
  rule: boundaries,
  message: /Circular dependency|can only depend on libs tagged|cannot depend on any libs/,
};

const names = Object.keys(walls);
const dirOf = (name: string) => walls[name]?.dir ?? '';
const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));
const isAllowed = ({ from, to }: { from: string; to: string }) => walls[from]?.mayImport.includes(to) ?? false;
/** The sdk loads vendors when they are chosen; what is loaded so may not be imported otherwise beside it. */
const isLoadedLate = ({ from, to }: { from: string; to: string }) => from === 'sdk' && /^providers-(?!core$)/.test(to);
const planted = (prefix: string) => (pair: { from: string; to: string }) => ({
  ...pair,
  file: `${dirOf(pair.from)}/src/${prefix}-${pair.to}.ts`,
  source: isLoadedLate(pair) ? `void import('@orch/${pair.to}');\n` : `import '@orch/${pair.to}';\n`,
});
const forbiddenPairs = pairs.filter((pair) => !isAllowed(pair)).map(planted('forbidden'));
const allowedPairs = pairs.filter(isAllowed).map(planted('allowed'));
const allowedInTests = {
  file: 'packages/dag/src/allowed.test.ts',
  source: "import '@orch/testkit';\nimport 'fast-check';\n",
};

const violations: readonly Violation[] = [
  {
    title: 'a deep import',
    file: 'packages/cache/src/deep.ts',
    source: "import '@orch/contracts/src/ports.ts';\n",
    refusal: unresolvable,
  },
  {
    title: 'a deep import in a test',
    file: 'packages/cache/src/deep.test.ts',
    source: "import '@orch/contracts/src/ports.ts';\n",
    refusal: unresolvable,
  },
  {
    title: 'a relative import across packages',
    file: 'packages/cache/src/relative.ts',
    source: "import '../../contracts/src/ports.ts';\n",
    refusal: { rule: boundaries, message: /relative/ },
  },
  {
    title: 'a cycle',
    file: 'packages/contracts/src/cycle.ts',
    source: "import '@orch/filestore';\n",
    refusal: { rule: boundaries, message: /Circular dependency/ },
  },
  {
    title: 'an import from a layer above',
    file: 'packages/dag/src/above.ts',
    source: "import '@orch/gates';\n",
    refusal: outOfBounds,
  },
  {
    title: 'an import sideways',
    file: 'packages/spec/src/sideways.ts',
    source: "import '@orch/gates';\n",
    refusal: { rule: boundaries, message: /can only depend on libs tagged/ },
  },
  {
    title: 'the testkit outside of tests',
    file: 'packages/dag/src/testkit.ts',
    source: "import '@orch/testkit';\n",
    refusal: { rule: boundaries, message: /non-buildable/ },
  },
  {
    title: 'zod at the root of contracts',
    file: 'packages/contracts/src/zod.ts',
    source: "import 'zod';\n",
    refusal: { rule: '@typescript-eslint/no-restricted-imports', message: /run-time dependency/ },
  },
];

/** In a package of their own that declares no dependency at all. */
const undeclared: readonly Violation[] = [
  {
    title: 'an undeclared workspace dependency',
    file: 'packages/undeclared/src/workspace.ts',
    source: "import '@orch/contracts';\n",
    refusal: unresolvable,
  },
  {
    title: 'an undeclared npm dependency',
    file: 'packages/undeclared/src/npm.ts',
    source: "import 'fast-check';\n",
    refusal: { rule: '@nx/dependency-checks', message: /missing[^]*fast-check/ },
    reportedIn: 'packages/undeclared/package.json',
  },
];

const found = new Map<string, readonly Message[]>();

beforeAll(() => {
  const copy = copyWorkspace();
  addPackage(copy, 'packages/undeclared');
  plant(copy, undeclared);
  // The graph is made before the rest is planted: an import upwards closes a cycle, which would then be blamed on every
  // file that takes part in it, the innocent ones too.
  run(copy, 'nx', ['show', 'projects']);
  plant(copy, [...violations, ...forbiddenPairs, ...allowedPairs, allowedInTests]);
  linkPackages(copy);
  for (const { filePath, messages } of lint(copy)) found.set(relative(copy, filePath), messages);
}, 120_000);

test.each([...violations, ...undeclared])('$title is refused', ({ file, refusal, reportedIn }) => {
  expect(found.get(reportedIn ?? file)).toContainEqual(
    expect.objectContaining({ ruleId: refusal.rule, message: expect.stringMatching(refusal.message) as string }),
  );
});

test.each(names)('%s is refused every package that its row does not name', (name) => {
  const files = forbiddenPairs.filter(({ from }) => from === name).map(({ file }) => file);
  const isRefused = ({ ruleId, message }: Message) => ruleId === boundaries && outOfBounds.message.test(message);
  expect(files.filter((file) => found.get(file)?.some(isRefused))).toEqual(files);
});

test('allowed imports, and all files that were there before, are clean', () => {
  const allowed = [...allowedPairs, allowedInTests].map(({ file }) => file);
  const refused = new Set([...violations, ...undeclared, ...forbiddenPairs].map(({ file }) => file));
  const others = [...found].filter(([file]) => file.endsWith('.ts') && !refused.has(file));
  expect(others.map(([file]) => file)).toEqual(expect.arrayContaining(allowed));
  expect(others.length).toBeGreaterThanOrEqual(allowed.length + names.length);
  const complaints = others.flatMap(([file, messages]) =>
    messages.filter(isAboutWalls).map(({ message }) => `${file}: ${message}`),
  );
  expect(complaints).toEqual([]);
});

test('names, folders and tags of the packages are those of the table', () => {
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((dir) => `${group}/${dir}`),
  );
  expect(folders.sort()).toEqual(names.map(dirOf).sort());
  const written = names.map((name) => packageJson(dirOf(name)));
  const expected = Object.entries(walls).map(([name, { layer }]) => ({
    name: `@orch/${name}`,
    nx: { tags: [`layer:${layer}`, `pkg:${name}`] },
  }));
  expect(written).toEqual(expected.map((fields) => expect.objectContaining(fields) as object));
});

function isAboutWalls({ ruleId }: Message): boolean {
  return ruleId === null || ruleId.startsWith('@nx/') || ruleId.endsWith('no-restricted-imports');
}

function packageJson(dir: string): object {
  return JSON.parse(readFileSync(join(root, dir, 'package.json'), 'utf8')) as object;
}

/** The workspace without outputs, what is installed linked. Imports are not followed for their types: walls need none. */
function copyWorkspace(): string {
  const copy = tempDir(afterAll);
  const left = new Set(['node_modules', 'dist', '.git', '.nx', '.toolchain', '.orch', 'e2e', 'examples', 'docs']);
  cpSync(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
  mkdirSync(join(copy, 'node_modules', '@orch'), { recursive: true });
  for (const entry of readdirSync(join(root, 'node_modules'))) {
    if (entry !== '@orch') symlinkSync(join(root, 'node_modules', entry), join(copy, 'node_modules', entry));
  }
  symlinkSync('../../tools/testkit', join(copy, 'node_modules', '@orch', 'testkit'));
  for (const dir of names.map(dirOf)) {
    const links = join(dir, 'node_modules');
    if (!existsSync(join(root, links))) continue;
    cpSync(join(root, links), join(copy, links), { recursive: true, verbatimSymlinks: true });
  }
  const config = JSON.parse(readFileSync(join(root, 'tsconfig.test.json'), 'utf8')) as { compilerOptions: object };
  config.compilerOptions = { ...config.compilerOptions, noResolve: true };
  writeFileSync(join(copy, 'tsconfig.test.json'), JSON.stringify(config));
  return copy;
}

function addPackage(copy: string, dir: string): void {
  mkdirSync(join(copy, dir, 'src'), { recursive: true });
  cpSync(join(copy, 'packages/dag/tsconfig.json'), join(copy, dir, 'tsconfig.json'));
  const json = { name: '@orch/undeclared', version: '0.0.0', type: 'module', nx: { tags: ['layer:5', 'pkg:cli'] } };
  writeFileSync(join(copy, dir, 'package.json'), JSON.stringify(json));
}

/** What pnpm does for a declared dependency, for every pair: a wall must hold against those who declare what they import. */
function linkPackages(copy: string): void {
  for (const { from, to } of pairs) {
    const scope = join(copy, dirOf(from), 'node_modules', '@orch');
    mkdirSync(scope, { recursive: true });
    if (!existsSync(join(scope, to))) symlinkSync(join(copy, dirOf(to)), join(scope, to));
  }
}

function plant(copy: string, files: readonly SourceFile[]): void {
  for (const { file, source } of files) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), source);
  }
}

function lint(copy: string) {
  const output = run(copy, 'eslint', ['--format', 'json', 'packages', 'apps']);
  return JSON.parse(output) as { filePath: string; messages: Message[] }[];
}

function run(cwd: string, bin: string, args: readonly string[]): string {
  const options = { cwd, env: { ...process.env, ...nxEnv }, encoding: 'utf8', maxBuffer: 1e9 } as const;
  const { stdout, stderr } = spawnSync(join(root, 'node_modules', '.bin', bin), args, options);
  if (stdout === '') throw new Error(stderr);
  return stdout;
}
