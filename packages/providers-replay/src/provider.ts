import type { Provider } from '@orch/contracts';
import { defineOfflineProvider } from '@orch/providers-core';
import { check } from './check.ts';
import { findRecording } from './find-recording.ts';
import { readRecordings } from './recordings.ts';
import type { Recorded } from './recordings.ts';
import { toReply } from './reply.ts';
import { name, toReplaySettings } from './settings.ts';
import type { ReplaySettings } from './settings.ts';

/**
 * Answers from recordings, which it reads once, when it is first asked. A question without one is `recording_missing`;
 * a folder or file that cannot be used is `unconfigured`.
 */
export function createReplay(settings: ReplaySettings): Provider {
  const known = toReplaySettings(settings);
  let all: readonly Recorded[] | undefined;
  const recordings = (): readonly Recorded[] => (all ??= readRecordings(known.dir));
  return defineOfflineProvider({
    name,
    answer({ asked }) {
      const found = findRecording(recordings(), asked);
      if (!found.ok) throw found.error;
      return toReply(found.value);
    },
    async check() {
      check(known, recordings());
      return {};
    },
  });
}
