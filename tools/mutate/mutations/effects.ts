import type { Mutation } from '../mutation.ts';

const src = 'packages/engine/src';

/** The order of writing: content, then the event that names it, then any effect. */
export const effectMutations: readonly Mutation[] = [
  {
    name: 'run-not-locked',
    breaks: 'two processes run one run',
    file: `${src}/run/execute.ts`,
    replace: 'const lock = await acquireLock(paths.lock, { owner: paths.owner });',
    by: 'const lock = { release: () => undefined };',
    tests: [`${src}/attempt/guarded.test.ts`],
  },
  {
    name: 'request-leaves-unsynced',
    breaks: 'a request may be paid for of which the log knows nothing after a power cut',
    file: `${src}/exchange/tell-exchange.ts`,
    replace: `return journal.append('llm.request', request, where);`,
    by: `journal.push('llm.request', request, where); return Promise.resolve();`,
    tests: [`${src}/graph/order.test.ts`],
  },
  {
    name: 'step-starts-unsynced',
    breaks: 'a step has effects of which the log knows nothing after a power cut',
    file: `${src}/attempt/attempt.ts`,
    replace: `await run.journal.append('step.started', startedData(run, started), where);`,
    by: `run.journal.push('step.started', startedData(run, started), where);`,
    tests: [`${src}/graph/order.test.ts`],
  },
  {
    name: 'command-fed-unsynced',
    breaks: 'a command works on before the log knows which group of processes to end',
    file: 'packages/process/src/run-command.ts',
    replace: 'await onStart?.({ pid: child.pid, pgid: child.pid, startedAt: new Date().toISOString() });',
    by: 'void onStart?.({ pid: child.pid, pgid: child.pid, startedAt: new Date().toISOString() });',
    tests: ['packages/process/src/run-command.test.ts'],
  },
  {
    name: 'answer-logged-before-stored',
    breaks: 'an answer is logged as paid before it is kept: a kill between loses it',
    file: `${src}/exchange/purchase.ts`,
    replace: 'purchase.onPaid(tell);',
    by: 'tell();',
    tests: [`${src}/graph/order.test.ts`],
  },
  {
    name: 'observers-see-unsynced',
    breaks: 'observers are told of events that are not in the log yet',
    file: 'packages/events/src/group-commit.ts',
    replace: `      if (this.#options.durability === 'strict') await this.#sync(group.waiters);
    } catch (error) {
      this.#stop(error, group);
      return;
    }
    this.#acknowledged = group.end;
    this.#observer.onLanded?.(group.events);
`,
    by: `      this.#observer.onLanded?.(group.events);
      if (this.#options.durability === 'strict') await this.#sync(group.waiters);
    } catch (error) {
      this.#stop(error, group);
      return;
    }
    this.#acknowledged = group.end;
`,
    tests: [`${src}/graph/order.test.ts`, 'packages/events/src/group-commit.test.ts'],
  },
  {
    name: 'manifest-claims-unsynced',
    breaks: 'the watermark in the manifest covers lines that were not synced',
    file: `${src}/run/open-run.ts`,
    replace: 'toManifest(journal.state, journal.log.synced)',
    by: 'toManifest(journal.state, journal.log.last)',
    tests: [`${src}/graph/order.test.ts`],
  },
  {
    name: 'watermark-not-read',
    breaks: 'a resume takes damage of acknowledged lines for an unacknowledged end',
    file: `${src}/run/open-run.ts`,
    replace: 'watermark: readWatermark(paths.manifest),',
    by: 'watermark: { seq: 0, bytes: 0, sha256: "0".repeat(64) },',
    tests: [`${src}/attempt/guarded.test.ts`],
  },
  {
    name: 'rejected-answer-taken-again',
    breaks: 'the next try gets the very answer that could not be used',
    file: `${src}/exchange/pose.ts`,
    replace: 'if (!run.rejected.has(key)) return',
    by: 'return',
    tests: [`${src}/run/run.test.ts`],
  },
  {
    name: 'frozen-asks-provider',
    breaks: 'a frozen run calls somebody',
    file: `${src}/exchange/exchange.ts`,
    replace: 'run.frozen ? await recall(run, question, asker) : await ask(run, question, asker)',
    by: 'await ask(run, question, asker)',
    tests: ['e2e/explained.test.ts'],
  },
];
