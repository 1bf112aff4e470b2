import type { Digest, EventData, Where } from '@orch/contracts';
import type { AnyEvent } from '@orch/events';
import { createQuestions } from '../questions/questions.ts';
import type { Questions } from '../questions/questions.ts';
import { unitKey } from '../graph/unit.ts';

export type OpenRequest = { readonly where: Where; readonly ts: string; readonly data: EventData['llm.request'] };

/** What a run left open or settled that its fold does not hold: read from the log, and kept up with it. */
export type Leftovers = {
  readonly note: (event: AnyEvent) => void;
  /** Commands that the open attempt at this step or item has started. */
  readonly processesOf: (where: Where) => readonly EventData['process.started'][];
  /** Requests that no answer was logged for, by id. */
  readonly requests: ReadonlyMap<string, OpenRequest>;
  /** Keys of answers that a step could not use. */
  readonly rejected: ReadonlySet<Digest>;
  /** Keys of answers that were found when the run went on: kept, and perhaps not shared before their process died. */
  readonly recovered: ReadonlySet<Digest>;
  /** Key of the last question that was answered to a step or item, and did not let it succeed since. */
  readonly lastQuestion: (where: Where) => Digest | undefined;
  /** What a tool answered to a call of this step or item, since it last succeeded. */
  readonly toolReturn: (where: Where, call: string) => EventData['tool.returned'] | undefined;
  /** What was answered to calls of a step, and of its items, no longer counts. */
  readonly forgetTools: (step: string) => void;
  /** To persons. */
  readonly questions: Questions;
  /** Requests of the inbox that stand in the log already. */
  readonly handled: ReadonlySet<string>;
};

type ToolReturns = { readonly step: string | undefined; readonly byCall: Map<string, EventData['tool.returned']> };

export function createLeftovers(): Leftovers {
  const processes = new Map<string, EventData['process.started'][]>();
  const requests = new Map<string, OpenRequest>();
  const rejected = new Set<Digest>();
  const recovered = new Set<Digest>();
  const questions = new Map<string, Digest>();
  const toolReturns = new Map<string, ToolReturns>();
  const persons = createQuestions();
  const handled = new Set<string>();

  const noteAnswered = (event: AnyEvent, key: Digest | undefined): void => {
    if (key !== undefined) questions.set(unitKey(event), key);
  };
  const readers: { readonly [type: string]: (event: AnyEvent) => void } = {
    'process.started': (event) => {
      const started = processes.get(unitKey(event)) ?? [];
      started.push(event.data as EventData['process.started']);
      processes.set(unitKey(event), started);
    },
    'step.started': (event) => void processes.delete(unitKey(event)),
    'step.succeeded': (event) => {
      processes.delete(unitKey(event));
      questions.delete(unitKey(event));
      toolReturns.delete(unitKey(event));
    },
    'llm.request': (event) => {
      const data = event.data as EventData['llm.request'];
      requests.set(data.request_id, { where: { step: event.step, item: event.item }, ts: event.ts, data });
    },
    'llm.response': (event) => {
      const { request_id: id, success, recovered: isFound } = event.data as EventData['llm.response'];
      const key = requests.get(id)?.data.cache_key;
      if (success) noteAnswered(event, key);
      if (isFound === true && key !== undefined) recovered.add(key);
      requests.delete(id);
    },
    'cache.hit': (event) => noteAnswered(event, (event.data as EventData['cache.hit']).cache_key),
    'tool.returned': (event) => {
      const data = event.data as EventData['tool.returned'];
      const returns: ToolReturns = toolReturns.get(unitKey(event)) ?? { step: event.step, byCall: new Map() };
      returns.byCall.set(data.call, data);
      toolReturns.set(unitKey(event), returns);
    },
    'reply.rejected': ({ data }) => void rejected.add((data as EventData['reply.rejected']).cache_key),
  };

  return {
    note(event) {
      readers[event.type]?.(event);
      persons.note(event);
      const { request } = event.data as { readonly request?: unknown };
      if (typeof request === 'string') handled.add(request);
    },
    processesOf: (where) => processes.get(unitKey(where)) ?? [],
    requests,
    rejected,
    recovered,
    handled,
    toolReturn: (where, call) => toolReturns.get(unitKey(where))?.byCall.get(call),
    forgetTools(step) {
      for (const [key, returns] of toolReturns) if (returns.step === step) toolReturns.delete(key);
    },
    lastQuestion: (where) => questions.get(unitKey(where)),
    questions: persons,
  };
}
