/** A running command. Its process group has the same number as the process and holds all that it starts. */
export type StartedCommand = {
  readonly pid: number;
  readonly pgid: number;
  /** UTC, ISO 8601 with `Z` and milliseconds. */
  readonly startedAt: string;
};

export type CommandOptions = {
  /** The working folder. */
  readonly cwd: string;
  /** The whole environment: nothing is added from this process. */
  readonly env: Readonly<Record<string, string>>;
  /** What the command reads; without it, stdin is empty (`/dev/null`). */
  readonly stdin?: string | Uint8Array | undefined;
  /** Milliseconds until the command is ended as `timed_out`; 0 or absent: never. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds between TERM and KILL; 2 000 unless given. */
  readonly graceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes kept of stdout, and as many of stderr; 10 MiB unless given. */
  readonly maxOutput?: number | undefined;
  /** Awaited before stdin is fed; when it fails, the command is ended and its error thrown. */
  readonly onStart?: ((command: StartedCommand) => void | Promise<void>) | undefined;
  /** All output as it comes, whole characters only. */
  readonly onOutput?: ((text: string, from: 'stdout' | 'stderr') => void) | undefined;
};

export type CommandEnd =
  | { readonly status: 'exited'; readonly exitCode: number }
  | { readonly status: 'signaled'; readonly signal: NodeJS.Signals }
  | { readonly status: 'timed_out' }
  | { readonly status: 'aborted' };

export type CommandResult = CommandEnd & {
  readonly stdout: string;
  readonly stderr: string;
  /** Whether bytes beyond `maxOutput` were left out of `stdout` or `stderr`; a note stands in their place. */
  readonly truncated: boolean;
  readonly durationMs: number;
  /** Undefined when the signal had aborted before anything was started. */
  readonly pid: number | undefined;
};
