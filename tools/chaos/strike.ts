import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AimedPoint } from './kill-points.ts';
import type { Orch, Place } from './place.ts';
import type { CountingProvider, Phase } from './provider.ts';

export type Kill =
  /** `linger`: commands that it starts take long. */
  | { readonly point: AimedPoint; readonly nth: number; readonly linger?: boolean | undefined }
  | { readonly point: 'in-flight'; readonly nth: number; readonly phase: Phase }
  | { readonly point: 'random'; readonly afterMs: number };

export type Stage = { readonly provider: CountingProvider; readonly place: Place };

/** Starts an orch that will be killed, unless it ends before. */
export function strike({ provider, place }: Stage, args: readonly string[], kill: Kill): Orch {
  if (kill.point === 'random') {
    const started = place.orch(args);
    const timer = setTimeout(() => started.kill(), kill.afterMs);
    void started.ended.then(() => clearTimeout(timer));
    return started;
  }
  if (kill.point === 'in-flight') {
    const started = place.orch(args);
    let met = 0;
    provider.onPhase = (phase, { asker }) => {
      if (asker === started.asker && phase === kill.phase && ++met === kill.nth) started.kill();
    };
    return started;
  }
  const linger = join(place.dir, 'linger');
  if (kill.linger === true) writeFileSync(linger, '');
  const started = place.orch(args, kill);
  void started.ended.then(() => rmSync(linger, { force: true }));
  return started;
}
