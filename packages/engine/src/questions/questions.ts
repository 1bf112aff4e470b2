import type { Approval, Digest, EventData, Where } from '@orch/contracts';
import type { AnyEvent } from '@orch/events';
import { lossQuestion } from './loss-question.ts';
import { unitKey } from '../graph/unit.ts';

/** A question as the log has it. */
export type Asked = EventData['approval.requested'];

/** A question to a person about a step or item, and what was answered. */
export type Thread = {
  readonly step: string;
  readonly item: string | undefined;
  readonly asked: Asked;
  /** ISO 8601. */
  readonly at: string;
  decision: Approval | undefined;
};

/** What persons were asked in a run: read from its log, and kept up with it. */
export type Questions = {
  readonly note: (event: AnyEvent) => void;
  /** The last question about a step or item, whoever asked it. */
  readonly last: (where: Where) => Thread | undefined;
  /** The last one about each that was asked about, in the order in which they first were. */
  readonly all: () => Iterable<Thread>;
  /** The last one that it asked itself. */
  readonly own: (where: Where) => Thread | undefined;
  /** Whether to run it again, since it was lost; forgotten when it is lost once more. */
  readonly loss: (where: Where) => Thread | undefined;
  /** Resolves when the last question about it is answered. */
  readonly answered: (where: Where) => Promise<void>;
  /** As if nobody had asked about the step, nor its items. */
  readonly forget: (step: string) => void;
};

export function createQuestions(): Questions {
  const last = new Map<string, Thread>();
  const own = new Map<string, Thread>();
  const loss = new Map<string, Thread>();
  const listeners = new Map<string, () => void>();

  const ask = (event: AnyEvent): void => {
    const asked = event.data as Asked;
    const { step = '', item, ts: at } = event;
    const thread = { step, item, asked, at, decision: undefined };
    const isLoss = asked.question === lossQuestion({ step, item });
    (isLoss ? loss : own).set(unitKey(event), thread);
    last.set(unitKey(event), thread);
  };
  const decide = (event: AnyEvent, granted: boolean): void => {
    const key = unitKey(event);
    const { answer, by, input_hash } = event.data as EventData['approval.granted'];
    const thread = last.get(key);
    if (thread?.asked.input_hash !== input_hash) return;
    thread.decision = { granted, ...(answer !== undefined && { answer }), by, at: event.ts };
    listeners.get(key)?.();
    listeners.delete(key);
  };
  const readers: { readonly [type: string]: (event: AnyEvent) => void } = {
    'approval.requested': ask,
    'approval.granted': (event) => decide(event, true),
    'approval.rejected': (event) => decide(event, false),
    'step.canceled': (event) => {
      const { reason } = event.data as EventData['step.canceled'];
      if (reason === 'process_lost') loss.delete(unitKey(event));
    },
  };

  return {
    note: (event) => readers[event.type]?.(event),
    last: (where) => last.get(unitKey(where)),
    all: () => last.values(),
    own: (where) => own.get(unitKey(where)),
    loss: (where) => loss.get(unitKey(where)),
    answered: (where) => new Promise((resolve) => listeners.set(unitKey(where), resolve)),
    forget(step) {
      for (const threads of [last, own, loss]) {
        for (const key of threads.keys()) if (key === step || key.startsWith(`${step}\0`)) threads.delete(key);
      }
    },
  };
}

/** The question of the thread, when it is about these inputs. */
export function threadWith(thread: Thread | undefined, inputHash: Digest): Thread | undefined {
  return thread?.asked.input_hash === inputHash ? thread : undefined;
}

/** Whether it is too late to answer. */
export function isExpired({ expires_at: at }: Asked, now: number): boolean {
  return at !== undefined && now >= Date.parse(at);
}
