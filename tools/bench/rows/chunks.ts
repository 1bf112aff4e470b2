import { services } from '../answers.ts';
import { characters, pieces } from '../answers/texts.ts';
import { readAiSdk } from '../clients/ai-sdk.ts';
import { readAnthropic } from '../clients/anthropic.ts';
import type { OpenRead } from '../clients/client.ts';
import { readLangChain } from '../clients/langchain.ts';
import { readOllama } from '../clients/ollama.ts';
import { readOpenai } from '../clients/openai.ts';
import { readOrch } from '../clients/orch.ts';
import { readUndici, readUndiciSse } from '../clients/raw.ts';
import type { Contender, Row } from '../row.ts';
import { spentPerOperation } from '../timing.ts';
import { withServer } from '../with-server.ts';

const atOnce = 16;
const targets = [{ atMost: 1.3, of: 'undici + SSE' }];

export const chunks: Row = {
  title: 'answers of 1 000 pieces streamed from a server in another process that has them ready',
  medium: 'memory',
  cases: [
    {
      name: `${atOnce} streams at once`,
      figures: [
        { name: 'cost', unit: 'µs a piece', targets },
        { name: 'cpu', unit: 'µs of CPU a piece', targets },
      ],
      contenders: {
        orch: contender(readOrch('openai')),
        'undici + SSE': contender(readUndiciSse),
        openai: contender(readOpenai),
        'AI SDK': contender(readAiSdk),
        LangChain: contender(readLangChain),
        'orch, anthropic': contender(readOrch('anthropic')),
        '@anthropic-ai/sdk': contender(readAnthropic),
        'orch, ollama': contender(readOrch('ollama')),
        ollama: contender(readOllama),
        limit: contender(readUndici),
      },
    },
  ],
};

function contender(open: OpenRead): Contender {
  return ({ quick }) =>
    withServer(async (origin) => {
      const read = await open(origin + services.streamed);
      const rounds = quick ? 1 : 2;
      const work = async () => {
        for (let round = 0; round < rounds; round++) {
          const found = (await read()) ?? characters;
          if (found !== characters) throw new Error(`Expected ${characters} characters, got ${found}.`);
        }
      };
      return spentPerOperation(atOnce * rounds * pieces.length, () =>
        Promise.all(Array.from({ length: atOnce }, work)),
      );
    });
}
