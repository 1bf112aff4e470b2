const warmUps = 5;
const measured = 9;
/** Milliseconds. A first batch that takes longer is the measurement: it would take too long otherwise. */
const slow = 1_500;

/**
 * Microseconds an operation of a batch of `count`: the median of several batches, after some for warming up.
 * `between` is done before each batch and not counted.
 */
export async function perOperation(
  count: number,
  batch: () => unknown,
  between: () => unknown = () => undefined,
): Promise<number> {
  const once = async () => {
    await between();
    return onceMicros(count, batch);
  };
  const first = await once();
  if (first * count > slow * 1000) return first;
  for (let times = 1; times < warmUps; times++) await once();
  const costs: number[] = [];
  for (let times = 0; times < measured; times++) costs.push(await once());
  return median(costs);
}

/** Microseconds an operation: by the clock, and of this process on the CPU, all of its threads. */
export type Spent = { readonly cost: number; readonly cpu: number };

/** What an operation of a batch of `count` takes: the medians of several batches, always after some for warming up. */
export async function spentPerOperation(count: number, batch: () => unknown): Promise<Spent> {
  for (let times = 0; times < warmUps; times++) await batch();
  const all: Spent[] = [];
  for (let times = 0; times < measured; times++) {
    const before = process.cpuUsage();
    const cost = await onceMicros(count, batch);
    const { user, system } = process.cpuUsage(before);
    all.push({ cost, cpu: (user + system) / count });
  }
  return { cost: median(all.map(({ cost }) => cost)), cpu: median(all.map(({ cpu }) => cpu)) };
}

/** Microseconds an operation of one batch, cold. */
export async function onceMicros(count: number, batch: () => unknown): Promise<number> {
  const started = performance.now();
  await batch();
  return ((performance.now() - started) * 1000) / count;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
