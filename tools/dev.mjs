// Sets the clone up (Node, pnpm, dependencies), then runs what follows: `node FILE …` on the right Node,
// `exec TOOL …` for a tool of the workspace, anything else as `pnpm …`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE = '24.21.0';
const PNPM = '12.21.0';
const MIN_NODE = '24.15.0';
const MIN_PNPM = '12.0.0';

// The pnpm commands that rewrite node_modules, and so need no installation before them.
const changing = new Set(['install', 'i', 'add', 'remove', 'rm', 'update', 'up', 'dedupe']);

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const toolchain = join(root, '.toolchain');
const windows = process.platform === 'win32';

process.exitCode = main(process.argv.slice(2));

/** @param {string[]} args */
function main(args) {
  mkdirSync(toolchain, { recursive: true });
  const env = baseEnvironment();
  const missing = missingTools();
  const tools = join(toolchain, missing.join('+').replaceAll(/[@/]/g, '-'));
  if (missing.length > 0 && !existsSync(tools)) {
    const code = withTurn('fetch', () => (existsSync(tools) ? 0 : fetchTools(missing, tools, env)));
    if (code !== 0) return code;
  }
  const bin = join(tools, 'node_modules', '.bin');
  const node = older(process.versions.node, MIN_NODE) ? join(bin, windows ? 'node.cmd' : 'node') : process.execPath;
  env.PATH = [...(missing.length > 0 ? [bin] : []), dirname(process.execPath), process.env.PATH].join(delimiter);
  linkNode(node);

  const [command = '', first = '', ...rest] = args;
  if (changing.has(command)) return withTurn('install', () => changeDependencies(args, env));
  if (!isInstalled()) {
    const code = withTurn('install', () => (isInstalled() ? 0 : install(env)));
    if (code !== 0) return code;
  }
  if (args.length === 0) return 0;
  if (command === 'node') return run(node, args.slice(1), env);
  if (command === 'exec') return run(join(root, 'node_modules', '.bin', first), rest, env);
  return run('pnpm', args, env);
}

function missingTools() {
  const missing = [];
  if (older(process.versions.node, MIN_NODE)) missing.push(`${nodePackage()}@${NODE}`);
  const pnpm = spawnSync('pnpm', ['--version'], { cwd: dirname(root), encoding: 'utf8', shell: windows });
  if (pnpm.status !== 0 || older(pnpm.stdout, MIN_PNPM)) missing.push(`pnpm@${PNPM}`);
  return missing;
}

function nodePackage() {
  const platform = `${process.platform}-${process.arch}`;
  /** @type {Record<string, string>} */
  const named = { 'darwin-arm64': 'bin-darwin-arm64', 'win32-x64': 'win-x64', 'win32-arm64': 'win-arm64' };
  return `node-${named[platform] ?? platform}`;
}

/** @param {string} version @param {string} minimum */
function older(version, minimum) {
  const [a, b] = [version, minimum].map((x) =>
    x
      .trim()
      .split('.')
      .map((n) => Number.parseInt(n, 10) || 0),
  );
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** @param {string[]} missing @param {string} dir @param {NodeJS.ProcessEnv} env */
function fetchTools(missing, dir, env) {
  say(`fetching ${missing.join(' and ')} into .toolchain/ (once; what you have installed stays as it is)`);
  const draft = `${dir}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, 'package.json'), '{"private":true}');
  const flags = ['--no-save', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const code = run('npm', ['install', '--prefix', draft, ...flags, ...missing], env, 'progress');
  if (code === 0) renameSync(draft, dir);
  else {
    rmSync(draft, { recursive: true, force: true });
    say(`could not fetch ${missing.join(' and ')}: is the npm registry reachable?`);
  }
  return code;
}

/** @param {NodeJS.ProcessEnv} env */
function install(env) {
  const first = !existsSync(join(root, 'node_modules', '.modules.yaml'));
  say(
    first
      ? 'installing dependencies (the first time this takes a while)'
      : 'updating dependencies: the lockfile changed',
  );
  const started = Date.now();
  const args = ['install', '--frozen-lockfile', '--reporter=append-only'];
  const code = run('pnpm', args, { ...env, CI: '1' }, 'progress'); // CI: never ask a question
  if (code === 0) stamp();
  const seconds = Math.round((Date.now() - started) / 1000);
  say(code === 0 ? `dependencies are ready (${seconds} s)` : 'installing dependencies failed, see above');
  return code;
}

/** @param {string[]} args @param {NodeJS.ProcessEnv} env */
function changeDependencies(args, env) {
  const code = run('pnpm', args, env);
  if (code === 0 && existsSync(join(root, 'node_modules', '.modules.yaml'))) stamp();
  return code;
}

function stampFile() {
  return join(root, 'node_modules', '.orch-lockfile-sha256');
}

function lockfileDigest() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex');
}

function stamp() {
  writeFileSync(stampFile(), lockfileDigest());
}

function isInstalled() {
  return existsSync(stampFile()) && readFileSync(stampFile(), 'utf8') === lockfileDigest();
}

/** Keeps `.toolchain/bin/node`, which tools/orch starts, pointing at the Node in use. @param {string} node */
function linkNode(node) {
  if (windows) return;
  const link = join(toolchain, 'bin', 'node');
  try {
    if (readlinkSync(link) === node) return;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(link), { recursive: true });
  const draft = `${link}.${process.pid}`;
  symlinkSync(node, draft);
  renameSync(draft, link);
}

/** One process at a time; the others wait, and a dead holder is passed over. @param {string} what @param {() => number} task */
function withTurn(what, task) {
  const lock = join(toolchain, `${what}.lock`);
  for (let said = false; !takeLock(lock); pause(200)) {
    if (!said) say(`another run is busy with the same (${what}), waiting`);
    said = true;
  }
  try {
    return task();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} lock */
function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
  if (!isAlive(lock)) rmSync(lock, { force: true });
  return false;
}

/** @param {string} lock */
function isAlive(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    if (pid === 0) return true; // just created, not yet written
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {number} ms */
function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function baseEnvironment() {
  const env = { ...process.env };
  // Headers of another Node than the one that runs here.
  for (const name of Object.keys(env)) if (/^npm_config_nodedir$/i.test(name)) delete env[name];
  if (!windows && !existsSync(homedir() || '/nonexistent')) env.HOME = join(toolchain, 'home');
  return env;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {'all' | 'progress'} output `progress` goes to stderr, so that stdout belongs to the command that was asked for
 */
function run(command, args, env, output = 'all') {
  /** @type {import('node:child_process').StdioOptions} */
  const stdio = output === 'all' ? 'inherit' : ['ignore', 2, 2];
  const result = spawnSync(command, args, { cwd: root, env, stdio, shell: windows && command !== process.execPath });
  if (result.error) say(`could not start ${command}: ${result.error.message}`);
  return result.status ?? 1;
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`[setup] ${message}\n`);
}
