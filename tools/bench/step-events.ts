import type { EventData } from '@orch/contracts';

const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** What a step that does nothing writes when it starts. */
export const started: EventData['step.started'] = { attempt: 1, input_hash: sha256, worker: 'local' };

/** And when it ends. */
export const succeeded: EventData['step.succeeded'] = {
  duration_s: 0,
  provider_calls: 0,
  input_hash: sha256,
  output: { sha256, size_bytes: 4, media_type: 'application/json', inline: 'null' },
  files: [],
};
