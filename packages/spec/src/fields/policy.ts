import { field, record } from './read-fields.ts';
import { notNegative, positive, wholeNumber } from './type.ts';

const waits = {
  first_byte_s: field(positive, 'Seconds until the answer begins; PROVIDER_TIMEOUT_S unless given.'),
  between_chunks_s: field(
    positive,
    'The longest silence within an answer, in seconds; PROVIDER_TIMEOUT_S unless given.',
  ),
  total_s: field(positive, 'Seconds that one try may take in all; any unless given.'),
  retries: field(wholeNumber(0), 'Further tries after the first; PROVIDER_MAX_RETRIES unless given.'),
};

const breaker = record(
  'a map with threshold and cooldown_s',
  {
    threshold: field(wholeNumber(1), 'Failures in a row that open the breaker; PROVIDER_CB_THRESHOLD unless given.'),
    cooldown_s: field(notNegative, 'Seconds before it lets one request through; PROVIDER_CB_COOLDOWN_S unless given.'),
  },
  {},
);

/** How long a step waits for an answer, and how often it is asked for. */
export const stepResilience = record('a map with first_byte_s, between_chunks_s, total_s, retries', waits, {});

/** The same of a provider, which also connects, and breaks off. */
export const providerResilience = record(
  'a map with connect_s, first_byte_s, between_chunks_s, total_s, retries, breaker',
  {
    connect_s: field(positive, 'Seconds until there is a connection.', { default: 10 }),
    ...waits,
    breaker: field(breaker, 'When a provider that fails is left alone.'),
  },
  {},
);

/** What a provider may be asked for. */
export const limits = record(
  'a map with requests_per_minute, tokens_per_minute, max_parallel',
  {
    requests_per_minute: field(positive, 'Requests that may leave in a minute.'),
    tokens_per_minute: field(positive, 'Tokens, of questions and answers, in a minute.'),
    max_parallel: field(wholeNumber(1), 'Requests at once.'),
  },
  {},
);
