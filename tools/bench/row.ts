/** What one process found, by name of a figure. Always a cost: less is better. */
export type Found = Readonly<Record<string, number>>;

/** What a contender is given in its process. */
export type Setting = {
  /** An empty folder, on the row's medium, which is removed afterwards. */
  readonly dir: string;
  readonly quick: boolean;
  /** What `prepare` of the row answered. */
  readonly prepared: unknown;
};

/** Does the work once, in a process of its own, and says what it cost. */
export type Contender = (setting: Setting) => Found | Promise<Found>;

/** At most so many times what `of` found; without `of`, at most that value itself. */
export type Target = { readonly atMost: number; readonly of?: string };

export type Figure = {
  /** One of those that the contenders find, or `rss`: the most memory the process held, in MB. */
  readonly name: string;
  readonly unit: string;
  readonly targets: readonly Target[];
};

export type Case = {
  readonly name: string;
  /** One line of the table each; `cost` without a target unless given. */
  readonly figures: readonly Figure[];
  /** `orch` and `limit`, and peers. Only `orch` must be there. */
  readonly contenders: Readonly<Record<string, Contender>>;
};

export type Row = {
  readonly title: string;
  /** `memory` for what costs CPU and system calls, `disc` for what waits for a sync. */
  readonly medium: 'memory' | 'disc';
  /** Set when it starts the compiled program. */
  readonly built?: true;
  /** Done once, before the rounds, in a folder that the contenders may read. The answer must be JSON. */
  readonly prepare?: (dir: string, quick: boolean) => unknown;
  readonly cases: readonly Case[];
};
