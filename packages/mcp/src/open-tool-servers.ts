import { OrchError } from '@orch/contracts';
import type { Clock, Hider, NamedServer, ToolServers } from '@orch/contracts';
import type { Connection } from './connect.ts';
import { raceAbort } from './race-abort.ts';

/** Milliseconds. */
export type ToolLimits = {
  /** From the start of a server to the end of its handshake; 60 000 unless given. */
  readonly startMs: number;
  /** For all pages of its list of tools; 30 000 unless given. */
  readonly listMs: number;
  /** For one call; 120 000 unless given. A call that takes longer is canceled, and is an error of the tool. */
  readonly callMs: number;
};

export type ToolServersOptions = {
  /** What the command of a server sees, before its own `env`: the whole of it. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute: a relative `cwd` counts from it. */
  readonly jobDir: string;
  /** The values that `{secret: NAME}` stands for. */
  readonly secrets?: ReadonlyMap<string, string> | undefined;
  /** Takes secrets out of what servers say, before anything of it is cut. */
  readonly hider?: Hider | undefined;
  readonly clock: Clock;
  readonly limits?: Partial<ToolLimits> | undefined;
};

/** What connections are made with. */
export type Surroundings = Pick<ToolServersOptions, 'env' | 'jobDir' | 'clock'> & {
  readonly secrets: ReadonlyMap<string, string>;
  readonly limits: ToolLimits;
  readonly hide: (text: string) => string;
  readonly hideStream: Hider['stream'];
};

type Opened = { readonly connection: Promise<Connection>; readonly stop: AbortController };

/**
 * Connects to servers of tools when they are first asked for: one connection each, shared by all who ask, until `close`.
 * One that was lost is made anew when its tools are next listed. Throws `tool_failed` for a server that cannot be
 * started or reached, keeps no time, or is gone, and `usage` for a secret that nobody knows. What a tool, or the
 * protocol, says against a call is an error result.
 */
export function openToolServers(options: ToolServersOptions): ToolServers {
  const around = surroundings(options);
  const servers = new Map<string, Opened>();
  /** Also those that were lost: what is left of them is ended, too. */
  const all = new Set<Opened>();
  let isClosed = false;

  const open = (server: NamedServer): Opened => {
    const stop = new AbortController();
    const connection = connectLate(server, around, stop.signal);
    const opened = { connection, stop };
    servers.set(keyOf(server), opened);
    all.add(opened);
    // Who waits for it is told why; it may fail when nobody waits any more.
    connection.catch(() => forget(server, opened));
    return opened;
  };
  const forget = (server: NamedServer, opened: Opened): void => {
    if (servers.get(keyOf(server)) === opened) servers.delete(keyOf(server));
  };
  const connected = async (server: NamedServer, signal: AbortSignal) => {
    if (isClosed) throw new OrchError('tool_failed', 'The servers of tools are closed.');
    const opened = servers.get(keyOf(server)) ?? open(server);
    return { opened, connection: await raceAbort(opened.connection, signal) };
  };

  return {
    async list(server, signal) {
      const { opened, connection } = await connected(server, signal);
      if (connection.gone() === undefined) return raceAbort(connection.tools(), signal);
      forget(server, opened);
      const again = await connected(server, signal);
      return raceAbort(again.connection.tools(), signal);
    },
    async call(server, call, signal) {
      const { connection } = await connected(server, signal);
      return connection.call(call, signal);
    },
    async close() {
      isClosed = true;
      for (const { stop } of all) stop.abort(new OrchError('canceled', 'The servers of tools are closed.'));
      await Promise.all([...all].map(({ connection }) => connection.then((made) => made.close(), nothingToClose)));
    },
  };
}

/** The library takes a good part of a second to load: only runs that use tools pay for it. */
async function connectLate(server: NamedServer, around: Surroundings, stop: AbortSignal): Promise<Connection> {
  const { connect } = await import('./connect.ts');
  return connect(server, around, stop);
}

/** Two jobs may call different servers by the same name. */
function keyOf({ name, where }: NamedServer): string {
  return JSON.stringify([name, where]);
}

/** Who asked for it was told why it could not be made. */
function nothingToClose(): void {}

function surroundings({ hider, secrets = new Map(), limits, ...options }: ToolServersOptions): Surroundings {
  return {
    ...options,
    secrets,
    limits: { startMs: 60_000, listMs: 30_000, callMs: 120_000, ...limits },
    hide: (text) => hider?.text(text) ?? text,
    hideStream: () => hider?.stream() ?? { push: (piece) => piece, end: () => '' },
  };
}
