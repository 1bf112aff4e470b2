import { OrchError, err, ok } from '@orch/contracts';
import type { ModelRequest, Result } from '@orch/contracts';
import { recordHint } from './recordings.ts';
import type { Recorded } from './recordings.ts';

type Asked = ModelRequest['asked'];

/**
 * The recording that answers a question: step, messages and schema are the same, and so is the sample. Recordings
 * that do not name a sample are samples 0, 1, 2 … in the order of their numbers.
 */
export function findRecording(all: readonly Recorded[], asked: Asked): Result<Recorded> {
  const same = all.filter(({ match }) => differences(match, asked).length === 0);
  const named = same.find(({ match }) => match.sample === asked.sample);
  const found = named ?? same.filter(({ match }) => match.sample === undefined)[asked.sample];
  return found === undefined ? err(missing(all, asked)) : ok(found);
}

type Field = 'step' | 'messages' | 'schema' | 'tools';

function differences(match: Recorded['match'], asked: Asked): Field[] {
  const fields: Field[] = [];
  if (match.step !== asked.step) fields.push('step');
  if (match.messages_sha256 !== asked.messagesSha256) fields.push('messages');
  if (match.schema_sha256 !== asked.schemaSha256) fields.push('schema');
  if (match.tools_sha256 !== asked.toolsSha256) fields.push('tools');
  return fields;
}

function missing(all: readonly Recorded[], asked: Asked): OrchError {
  const item = asked.item === undefined ? '' : `, item ${asked.item}`;
  const question = `step ${asked.step}${item}, messages ${short(asked.messagesSha256)}, ${schemaWords(asked.schemaSha256)}, sample ${asked.sample}`;
  const near = nearest(all, asked);
  const found =
    near === undefined ? 'there are no recordings' : `the nearest, ${near.file}, ${differenceWords(near, asked)}`;
  return new OrchError('recording_missing', `Expected a recording of ${question}: ${found}.`, {
    hint: recordHint,
    details: near === undefined ? {} : { nearest: near.file, differs: differenceNames(near, asked) },
  });
}

/** Sameness of what was asked says more than sameness of who asked. */
const weights: Readonly<Record<Field, number>> = { messages: 4, step: 3, schema: 1, tools: 1 };

function nearest(all: readonly Recorded[], asked: Asked): Recorded | undefined {
  const distance = ({ match }: Recorded): number =>
    differences(match, asked).reduce((sum, field) => sum + weights[field], 0);
  const ranked = all.map((one) => ({ one, far: distance(one), off: Math.abs((one.match.sample ?? 0) - asked.sample) }));
  return ranked.toSorted((a, b) => a.far - b.far || a.off - b.off)[0]?.one;
}

function differenceNames(near: Recorded, asked: Asked): string[] {
  const fields = differences(near.match, asked);
  return fields.length === 0 ? ['sample'] : fields;
}

function differenceWords(near: Recorded, asked: Asked): string {
  const { match } = near;
  const words: Record<string, string> = {
    step: `its step is ${match.step}`,
    messages: `its messages are ${short(match.messages_sha256)}: the prompt or something it is made of has changed`,
    schema: `it has ${schemaWords(match.schema_sha256)}`,
    tools: match.tools_sha256 === undefined ? 'it was given no tools' : 'it was given other tools',
    sample: 'it is another sample of the same question',
  };
  return `differs: ${differenceNames(near, asked)
    .map((name) => words[name])
    .join('; ')}`;
}

function schemaWords(digest: string | undefined): string {
  return digest === undefined ? 'no schema' : `schema ${short(digest)}`;
}

function short(digest: string): string {
  return digest.slice(0, 12);
}
