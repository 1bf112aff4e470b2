import type { Vendor } from '@orch/providers-core';
import * as chat from './chat/reply.ts';
import * as responses from './responses/reply.ts';
import type { Api } from './vendor.ts';

/** What reads the answers of each interface. */
export const readers: Readonly<Record<Api, Pick<Vendor, 'deltas' | 'reply'>>> = {
  chat: { deltas: chat.readStream, reply: chat.readReply },
  responses: { deltas: responses.readStream, reply: responses.readReply },
};
