import type * as Sqlite from 'node:sqlite';

let sqlite: typeof Sqlite | undefined;

/** Loads `node:sqlite` at its first use: it takes time, and below Node 24.15 it warns that it is experimental. */
export function loadSqlite(): typeof Sqlite {
  sqlite ??= withoutSqliteWarning(() => process.getBuiltinModule('node:sqlite'));
  return sqlite;
}

function withoutSqliteWarning<T>(load: () => T): T {
  const emitWarning = Reflect.get<typeof process, 'emitWarning'>(process, 'emitWarning');
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
