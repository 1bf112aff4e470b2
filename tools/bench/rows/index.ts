import type { Row } from '../row.ts';

/** Every row by the name it is asked for, loaded when it is run. */
export const rows: Readonly<Record<string, () => Promise<Row>>> = {
  dag: async () => (await import('./dag.ts')).dag,
  engine: async () => (await import('./engine.ts')).engine,
  durable: async () => (await import('./durable.ts')).durable,
  append: async () => (await import('./append.ts')).append,
  commit: async () => (await import('./commit.ts')).commit,
  fold: async () => (await import('./fold.ts')).fold,
  follow: async () => (await import('./follow.ts')).follow,
  key: async () => (await import('./key.ts')).key,
  cache: async () => (await import('./cache.ts')).cache,
  files: async () => (await import('./files.ts')).files,
  calls: async () => (await import('./calls.ts')).calls,
  chunks: async () => (await import('./chunks.ts')).chunks,
  start: async () => (await import('./start.ts')).start,
  memory: async () => (await import('./memory.ts')).memory,
};
