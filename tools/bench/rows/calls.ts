import { services } from '../answers.ts';
import { answerText } from '../answers/texts.ts';
import { askAiSdk } from '../clients/ai-sdk.ts';
import { askAnthropic } from '../clients/anthropic.ts';
import type { OpenAsk } from '../clients/client.ts';
import { askLangChain } from '../clients/langchain.ts';
import { askOllama } from '../clients/ollama.ts';
import { askOpenai } from '../clients/openai.ts';
import { askOrch, askOrchAsStream, askOrchWithoutLog } from '../clients/orch.ts';
import { askFetch, askUndici, askUndiciWithPolicies } from '../clients/raw.ts';
import type { Case, Contender, Figure, Row } from '../row.ts';
import { spentPerOperation } from '../timing.ts';
import { withServer } from '../with-server.ts';

export const calls: Row = {
  title: 'a model asked over HTTP: its whole answer, from a server in another process that has it ready',
  medium: 'memory',
  cases: [
    asking(64, [
      { atMost: 1.6, of: 'limit' },
      { atMost: 1 / 4, of: 'openai' },
    ]),
    asking(1, []),
  ],
};

function asking(atOnce: number, targets: Figure['targets']): Case {
  const contend = (open: OpenAsk) => contender(atOnce, open);
  return {
    name: `${atOnce} at once`,
    figures: [
      { name: 'cpu', unit: 'µs of CPU a call', targets },
      { name: 'cost', unit: 'µs a call', targets: [] },
    ],
    contenders: {
      orch: contend(askOrch('openai')),
      'orch, no log': contend(askOrchWithoutLog),
      'orch, read as a stream': contend(askOrchAsStream),
      'undici + cockatiel': contend(askUndiciWithPolicies),
      fetch: contend(askFetch),
      openai: contend(askOpenai),
      'AI SDK': contend(askAiSdk),
      LangChain: contend(askLangChain),
      'orch, anthropic': contend(askOrch('anthropic')),
      '@anthropic-ai/sdk': contend(askAnthropic),
      'orch, ollama': contend(askOrch('ollama')),
      ollama: contend(askOllama),
      limit: contend(askUndici),
    },
  };
}

function contender(atOnce: number, open: OpenAsk): Contender {
  return ({ dir, quick }) =>
    withServer(async (origin) => {
      const ask = await open(origin + services.whole, dir);
      const count = quick ? 320 : 640;
      const work = async (left: { calls: number }) => {
        while (left.calls-- > 0) {
          const text = await ask();
          if (text !== answerText) throw new Error(`Expected the answer, got ${text?.slice(0, 20)}.`);
        }
      };
      return spentPerOperation(count, async () => {
        const left = { calls: count };
        await Promise.all(Array.from({ length: atOnce }, () => work(left)));
      });
    });
}
