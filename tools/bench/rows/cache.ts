import { hash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender, Row } from '../row.ts';
import { onceMicros } from '../timing.ts';

const warmUp = 500;

export const cache: Row = {
  title: 'answers of 2 kB stored and read again, nothing synced',
  medium: 'memory',
  cases: [
    {
      name: '10 000 answers of 2 kB',
      figures: [
        {
          name: 'put',
          unit: 'µs a put',
          targets: [
            { atMost: 1.3, of: 'limit' },
            { atMost: 1 / 17, of: 'cacache' },
          ],
        },
        {
          name: 'get',
          unit: 'µs a get',
          targets: [
            { atMost: 1.3, of: 'limit' },
            { atMost: 1 / 10, of: 'cacache' },
          ],
        },
      ],
      contenders: {
        orch: putAndGet(orch),
        SQLite: putAndGet(sqlite),
        unstorage: putAndGet(unstorage),
        cacache: putAndGet(cacache),
        limit: putAndGet(files),
      },
    },
  ],
};

/** A store that was opened in a folder, which may hold entries from before. */
type Store = {
  put(key: string, value: string): unknown;
  get(key: string): Promise<string | undefined> | string | undefined;
};

/** All are put, then all are read by another store on the same folder. */
function putAndGet(open: (dir: string) => Promise<Store> | Store): Contender {
  return async ({ dir, quick }) => {
    const count = quick ? 2_000 : 10_000;
    await use(dir, 'warm', warmUp, open);
    return use(dir, 'answer', count, open);
  };
}

async function use(dir: string, prefix: string, count: number, open: (dir: string) => Promise<Store> | Store) {
  const value = (at: number) => `${prefix} ${at} ${'All work and no "play".\n'.repeat(90)}`.slice(0, 2_000);
  const writer = await open(dir);
  const put = await onceMicros(count, async () => {
    for (let at = 0; at < count; at++) await writer.put(`${prefix}-${at}`, value(at));
  });
  const reader = await open(dir);
  const get = await onceMicros(count, async () => {
    for (let at = 0; at < count; at++) {
      const found = await reader.get(`${prefix}-${at}`);
      if (found !== value(at)) throw new Error(`Expected the answer ${at}, got ${found?.slice(0, 20)}.`);
    }
  });
  return { put, get };
}

async function orch(dir: string): Promise<Store> {
  const { openCache } = await import('@orch/cache');
  const opened = openCache<string>(dir, { durability: 'relaxed' });
  const preimage = (key: string) => ({
    provider: { name: 'ollama', model: 'qwen2.5:7b', opts: { temperature: 0.1 } },
    step: 'summarise',
    inputs: { messages: [{ role: 'user', sha256: key }] },
  });
  const none = () => Promise.reject(new Error('Expected the answer to be stored.'));
  return {
    put: (key, value) => opened.getOrCompute(preimage(key), () => Promise.resolve(value)),
    get: async (key) => (await opened.getOrCompute(preimage(key), none)).value,
  };
}

/** One file an answer, with its digest in the first line, put in place by a rename and checked when read. */
function files(dir: string): Store {
  const pathOf = (key: string) => join(dir, hash('sha256', key));
  return {
    put(key, value) {
      const path = pathOf(key);
      writeFileSync(`${path}.tmp`, `${hash('sha256', value)}\n${value}`);
      renameSync(`${path}.tmp`, path);
    },
    get(key) {
      const content = readFileSync(pathOf(key), 'utf8');
      const value = content.slice(65);
      return content.startsWith(hash('sha256', value)) ? value : undefined;
    },
  };
}

async function sqlite(dir: string): Promise<Store> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(join(dir, 'answers.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
  database.exec('CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID');
  const insert = database.prepare('INSERT INTO answers VALUES (?, ?)');
  const select = database.prepare('SELECT value FROM answers WHERE key = ?');
  return {
    put: (key, value) => insert.run(key, value),
    get: (key) => select.get(key)?.['value'] as string | undefined,
  };
}

async function unstorage(dir: string): Promise<Store> {
  const { createStorage } = await import('unstorage');
  const { default: fsDriver } = await import('unstorage/drivers/fs');
  const storage = createStorage<string>({ driver: fsDriver({ base: dir }) });
  return {
    put: (key, value) => storage.setItem(key, value),
    get: async (key) => (await storage.getItem(key)) ?? undefined,
  };
}

async function cacache(dir: string): Promise<Store> {
  const { default: store } = await import('cacache');
  return {
    put: (key, value) => store.put(dir, key, value),
    get: async (key) => (await store.get(dir, key)).data.toString(),
  };
}
