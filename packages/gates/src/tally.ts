import type { GateResults } from '@orch/contracts';

/** What tests reported, without how their command ended. `tests` = `passed` + `failed` + `skipped`. */
export type TestResults = Pick<GateResults, 'tests' | 'passed' | 'failed' | 'skipped' | 'failures'>;

type Attributes = Readonly<Record<string, string>>;
type Case = {
  readonly name: string;
  readonly isFile: boolean;
  state: 'passed' | 'failed' | 'skipped';
  message: string;
};

/** Failures that are listed, and characters of their names and messages. */
const most = { failures: 20, name: 300, message: 1_000 };

/** Counts tests while a parser walks through the elements of JUnit documents. */
export class Tally {
  #count = { passed: 0, failed: 0, skipped: 0 };
  #failures: { name: string; message: string }[] = [];
  #suites: string[] = [];
  #case: Case | undefined;
  #inMessage = false;

  get results(): TestResults {
    const { passed, failed, skipped } = this.#count;
    return { tests: passed + failed + skipped, passed, failed, skipped, failures: this.#failures };
  }

  open(element: string, attributes: Attributes): void {
    if (element === 'testsuite') this.#suites.push(attributes.name ?? '');
    if (element === 'testcase') this.#case = toCase(this.#suites, attributes);
    if (this.#case === undefined) return;
    if (element === 'skipped') this.#case.state = 'skipped';
    if (element === 'failure' || element === 'error') this.#fail(this.#case, attributes.message ?? '');
  }

  text(text: string): void {
    if (this.#inMessage && this.#case !== undefined) this.#case.message += text.slice(0, most.message);
  }

  close(element: string): void {
    this.#inMessage = false;
    if (element === 'testsuite') this.#suites.pop();
    if (element !== 'testcase' || this.#case === undefined) return;
    this.#settle(this.#case);
    this.#case = undefined;
  }

  #fail(test: Case, message: string): void {
    if (test.state === 'passed') test.state = 'failed';
    test.message = message;
    this.#inMessage = message === '';
  }

  #settle({ name, isFile, state, message }: Case): void {
    if (isFile && state === 'passed') return;
    this.#count[state]++;
    if (state !== 'failed' || this.#failures.length === most.failures) return;
    this.#failures.push({ name: name.slice(0, most.name), message: tidy(message).slice(0, most.message) });
  }
}

function toCase(suites: readonly string[], attributes: Attributes): Case {
  const { name = '' } = attributes;
  const path = [...suites, name].filter((part) => part !== '').join(' > ');
  return { name: path, isFile: suites.length === 0 && isTestFile(name, attributes), state: 'passed', message: '' };
}

/** `node --test` reports a file as a test of that name, from Node 24 on with the file's absolute path beside it. */
function isTestFile(name: string, { classname, file = name }: Attributes): boolean {
  return classname === 'test' && /^\S+\.[cm]?[jt]sx?$/.test(name) && file.endsWith(name);
}

/** `node --test` escapes quotes twice. */
function tidy(message: string): string {
  return message.replaceAll('&quot;', '"').trim();
}
