import { OrchError } from '@orch/contracts';
import type { Reply } from '@orch/contracts';
import { cutStream, quoted, readSse } from '@orch/providers-core';
import type { AnswerDelta, AnswerReader, BodyReader, Say, SseEvent } from '@orch/providers-core';
import {
  addToBlock,
  closeBlock,
  endMessage,
  fieldsOf,
  newDraft,
  openBlock,
  startMessage,
  toReply,
} from './answer-draft.ts';
import type { Draft, Fields } from './answer-draft.ts';
import { toError } from './stream-error.ts';

/** A streamed answer: its message, the blocks of it one after the other, why it ended, what it took. */
export function readDeltas(): BodyReader<AnswerDelta, Reply> {
  return readSse(newAnswer());
}

/** The same in one value, from a server that does not stream. */
export function readReply(body: unknown): Reply {
  const { type, content, model, stop_reason, usage } = fieldsOf(body);
  if (type === 'error') throw toError(body);
  if (!Array.isArray(content) || typeof stop_reason !== 'string') throw noMessage(body);
  const draft = { ...newDraft(), model };
  for (const [index, content_block] of content.entries()) {
    openBlock(draft, { index, content_block }, () => {});
    closeBlock(draft, { index }, () => {});
  }
  endMessage(draft, { delta: { stop_reason }, usage }, () => {});
  return toReply(draft);
}

function noMessage(body: unknown): OrchError {
  const came = quoted(JSON.stringify(body));
  return new OrchError('bad_response', `Expected a message with content and its \`stop_reason\`, got \`${came}\`.`);
}

type Taker = (draft: Draft, event: Fields, say: Say<AnswerDelta>) => void;

/** What each event adds. Those that are not here (`ping`, and what is yet to be invented) are skipped. */
const takers: ReadonlyMap<unknown, Taker> = new Map<string, Taker>([
  ['message_start', startMessage],
  ['content_block_start', openBlock],
  ['content_block_delta', addToBlock],
  ['content_block_stop', closeBlock],
  ['message_delta', endMessage],
  ['message_stop', () => {}],
  [
    'error',
    (_, event) => {
      throw toError(event);
    },
  ],
]);

function newAnswer(): AnswerReader<SseEvent> {
  const draft = newDraft();
  return {
    take({ event: named, data }, say) {
      if (named !== undefined && !takers.has(named)) return undefined;
      const event = parseEvent(data);
      const { type = named } = event;
      takers.get(type)?.(draft, event, say);
      return type === 'message_stop' ? toReply(draft) : undefined;
    },
    end() {
      throw cutStream();
    },
  };
}

function parseEvent(data: string): Fields {
  try {
    return fieldsOf(JSON.parse(data));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new OrchError('bad_response', `Expected an event of JSON, got \`${quoted(data)}\`.`);
  }
}
