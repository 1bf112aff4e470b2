import { hash } from 'node:crypto';
import type { JsonObject, ModelRequest, OrchEvent, PlanStep, Reply } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { once, step } from '../testing/plan.ts';
import { linesOf, resumeJob, runJob } from '../testing/run-job.ts';
import type { Ran } from '../testing/run-job.ts';
import { cut, scripted } from '../testing/scripted.ts';

const F = '```';
const schema = { type: 'object', required: ['title'] };
const json = { prompt: 'p', schema };
const good = '{"title": "yes"}';
const diff = `--- a/x.ts\n+++ b/x.ts\n@@ -1 +1,2 @@\n-a\n+b\n+c\n`;

const llm = (fields: JsonObject, more: Partial<PlanStep> = {}): PlanStep => step('q', { kind: 'llm', fields, ...more });

type Model = ReturnType<typeof scripted>;

function execute(fields: JsonObject, model: Model, more: Partial<PlanStep> & { files?: Files } = {}): Promise<Ran> {
  const { files, ...rest } = more;
  return runJob([llm(fields, rest)], { provider: model.provider, runsDir: tempDir(), jobDir: folder(files ?? {}) });
}

type Files = { readonly [path: string]: string | Uint8Array };

function folder(files: Files): string {
  const dir = tempDir();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return dir;
}

const output = ({ result }: Ran) => result.manifest.steps['q']?.output?.inline;
const failure = ({ result }: Ran) => result.manifest.failures[0];
const rejected = (events: readonly OrchEvent[]) =>
  events.flatMap((event) => (event.type === 'reply.rejected' ? [event.data] : []));
const keys = (events: readonly OrchEvent[]) =>
  events.flatMap((event) => (event.type === 'llm.request' ? [event.data.cache_key] : []));
const conversation = (request: ModelRequest | undefined) =>
  request?.messages.map(({ role, content }) => `${role}: ${content}`);

describe('what is asked', () => {
  test('is the prompt below the system text, or a conversation as it stands', async () => {
    const model = scripted(['a', 'b']);
    await execute({ prompt: 'Hello {{ run.id | slice: 0, 3 }}', system: 'Be kind.' }, model);
    const messages = [
      { role: 'user', content: 'Two?' },
      { role: 'assistant', content: '2' },
      { role: 'user', content: 'Three?' },
    ];
    await execute({ messages, system: 'Be kind.' }, model);
    expect(model.asked.map(conversation)).toEqual([
      ['system: Be kind.', 'user: Hello job'],
      ['system: Be kind.', 'user: Two?', 'assistant: 2', 'user: Three?'],
    ]);
  });

  test.each<[JsonObject, RegExp]>([
    [{ prompt: 'p', messages: [{ role: 'user', content: 'q' }] }, /expected either prompt or messages/],
    [{ system: 's' }, /expected either prompt or messages/],
    [
      { messages: [{ role: 'assistant', content: 'q' }] },
      /steps\.q\.messages: expected the last message to be one of the user/,
    ],
    [{ messages: [] }, /expected the last message to be one of the user/],
  ])('is checked: %j', async (fields, message) => {
    const model = scripted([]);
    const ran = await execute(fields, model);
    expect(failure(ran)).toMatchObject({ message: expect.stringMatching(message) });
    expect(model.asked).toEqual([]);
  });
});

describe('an answer that does not fit', () => {
  test('is mended in the same conversation; only what was asked differs, nothing is rejected', async () => {
    const model = scripted(['no json', good]);
    const ran = await execute(json, model);
    expect(output(ran)).toBe(JSON.stringify({ title: 'yes' }));
    expect(conversation(model.asked[1])).toEqual([
      'user: p',
      'assistant: no json',
      expect.stringMatching(
        /^user: Your answer cannot be used\. Expected JSON in the answer, got "no json"\.\n\nAnswer again with one whole JSON value/,
      ),
    ]);
    expect(model.asked[1]).toMatchObject({ schema, asked: { sample: 0 } });
    expect(rejected(ran.events)).toEqual([]);
    expect(ran.result.manifest.steps['q']).toMatchObject({ attempts: 1, provider_calls: 2 });
  });

  test.each<[string, JsonObject, string, string, RegExp]>([
    ['a schema', json, '{"name": 1}', good, /\/: must have required property 'title'/],
    [
      'files',
      { prompt: 'p', output: 'files' },
      'None.',
      `${F}js x.js\n1\n${F}`,
      /Expected files in the answer.*\n\nAnswer again with every file/s,
    ],
    [
      'names',
      { prompt: 'p', output: 'files' },
      `${F}js ../x.js\n1\n${F}`,
      `${F}js x.js\n1\n${F}`,
      /expected a path inside the project, got "\.\.\/x\.js"/,
    ],
    [
      'whole files',
      { prompt: 'p', output: 'files' },
      `${F}js x.js\n1\n`,
      `${F}js x.js\n1\n${F}`,
      /expected x\.js to be whole/,
    ],
    [
      'a diff',
      { prompt: 'p', output: 'patch' },
      `${F}diff\n-a\n+b\n${F}`,
      diff,
      /Line 2 of the diff: .*\n\nAnswer again with the whole unified diff/s,
    ],
  ])('is told exactly what is wrong: %s', async (_, fields, bad, fitting, complaint) => {
    const model = scripted([bad, fitting]);
    expect((await execute(fields, model)).result.status).toBe('succeeded');
    expect(model.asked[1]?.messages.at(-1)).toEqual({ role: 'user', content: expect.stringMatching(complaint) });
  });

  test('costs nothing again: another run finds both answers', async () => {
    const model = scripted(['no json', good]);
    const settings = { provider: model.provider, runsDir: tempDir() };
    await runJob([llm(json)], settings);
    const { result, events } = await runJob([llm(json)], settings);
    expect(result.manifest.steps['q']).toMatchObject({ provider_calls: 0, cache_hits: 2 });
    expect(events.map(({ type }) => type)).not.toContain('reply.rejected');
    expect(model.asked).toHaveLength(2);
  });

  test('is rejected with all its repairs when none fits, so that the next try asks for another sample', async () => {
    const model = scripted(['bad', 'worse', good]);
    const ran = await execute(json, model, { retry: once });
    expect(ran.result.status).toBe('succeeded');
    expect(model.asked.map(({ asked, messages }) => [asked.sample, messages.length])).toEqual([
      [0, 1],
      [0, 3],
      [1, 1],
    ]);
    const bought = keys(ran.events);
    expect(rejected(ran.events)).toMatchObject([
      { cache_key: bought[0], by: 'llm', reason: expect.stringContaining('"bad"') },
      { cache_key: bought[1], by: 'llm', reason: expect.stringContaining('"worse"') },
    ]);
    const [kept, ...more] = ran.events.flatMap((event) => (event.type === 'artifact.created' ? [event.data] : []));
    expect(kept).toMatchObject({ name: 'q.answer.txt', digest: hash('sha256', 'worse') });
    expect(more).toEqual([]);
  });

  test('is mended as often as the step says, or not at all', async () => {
    const three = scripted(['1', 'two', '', good]);
    expect((await execute({ ...json, repair: { rounds: 3 } }, three)).result.status).toBe('succeeded');
    expect(three.asked.map(({ messages }) => messages.length)).toEqual([1, 3, 5, 7]);
    expect(three.asked[3]?.messages[5]).toEqual({ role: 'assistant', content: '(nothing)' });
    const none = scripted(['bad']);
    const ran = await execute({ ...json, repair: { rounds: 0 } }, none);
    expect(failure(ran)).toMatchObject({ code: 'bad_answer' });
    expect(rejected(ran.events)).toHaveLength(1);
  });

  test.each<[string, Reply]>([
    ['is cut', cut('{"title"')],
    ['is refused', { text: '', finishReason: 'refused', usage: {} }],
  ])('fails with its own fault when the repair %s', async (_, second) => {
    const ran = await execute(json, scripted(['bad', second]));
    expect(failure(ran)).toMatchObject({ code: 'bad_answer', message: expect.stringContaining('"bad"') });
    expect(rejected(ran.events)).toHaveLength(1);
  });

  test('is not rejected when the repair could not be asked for: a resume goes on from there', async () => {
    let isDown = true;
    const model = scripted(({ messages }) => {
      if (messages.length === 1) return 'bad';
      if (isDown) throw new Error('down');
      return good;
    });
    const steps = [llm(json)];
    const first = await runJob(steps, { provider: model.provider, runsDir: tempDir() });
    expect(first.result.status).toBe('failed');
    isDown = false;
    const second = await resumeJob(first.dir, steps, { provider: model.provider });
    expect(second.result.status).toBe('succeeded');
    expect(rejected(linesOf(first.dir))).toEqual([]);
    expect(model.asked.map(({ messages }) => messages.length)).toEqual([1, 3, 3]);
  });
});

describe('an answer that was cut', () => {
  test('is used as it is where the step allows it', async () => {
    const model = scripted([cut('half')]);
    expect(output(await execute({ prompt: 'p', allow_truncated: true }, model))).toBe('half');
    expect(failure(await execute({ prompt: 'p' }, scripted([cut('half')])))).toMatchObject({ code: 'truncated' });
  });
});

describe('attached files', () => {
  test('stand below the prompt with their names, in fences longer than theirs', async () => {
    const model = scripted(['ok']);
    const files = {
      'docs/b.md': `# B\n${F}sh\nls\n${F}`,
      'docs/a.md': 'A\n',
      'app/[id]/(x)/page.ts': '1\n',
      'other.md': '',
    };
    const ran = await execute(
      { prompt: 'Read:', attachments: ['./docs/*.md', 'app/[id]/(x)/page.ts', '{{ job.dir }}/docs/a.md'] },
      model,
      { files },
    );
    expect(ran.result.status).toBe('succeeded');
    expect(model.asked[0]?.messages[0]?.content).toBe(
      [
        'Read:\n\nAttached files:\n',
        `${F}md path="docs/a.md"\nA\n${F}\n`,
        `${F}\`md path="docs/b.md"\n# B\n${F}sh\nls\n${F}\n${F}\`\n`,
        `${F}ts path="app/[id]/(x)/page.ts"\n1\n${F}\n`,
      ].join('\n'),
    );
  });

  test('of a conversation stand below its last message', async () => {
    const model = scripted(['ok']);
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c' },
    ];
    await execute({ messages, attachments: ['x.md'] }, model, { files: { 'x.md': 'X' } });
    expect(model.asked[0]?.messages.map(({ content }) => content.split('\n')[0])).toEqual(['a', 'b', 'c']);
    expect(model.asked[0]?.messages[2]?.content).toContain('path="x.md"\nX\n');
  });

  test('are no files of runs in the folder of the job, but files of both places go by the same name', async () => {
    const model = scripted(['a', 'b']);
    const jobDir = folder({ 'x.md': 'of the job' });
    const made = step('made', { kind: 'files', fields: { write: { 'x.md': 'of the need' } } });
    const attachments = ['**/*.md', '{{ run.outputs }}/x.md'];
    const steps = [made, llm({ prompt: 'p', attachments }, { needs: ['made'] })];
    const settings = { provider: model.provider, jobDir, runsDir: join(jobDir, 'runs') };
    expect((await runJob(steps, settings)).result.status).toBe('succeeded');
    expect((await runJob(steps, settings)).result.manifest.steps['q']).toMatchObject({ cache_hits: 1 });
    const block = (text: string) => `${F}md path="x.md"\n${text}\n${F}\n`;
    expect(model.asked[0]?.messages[0]?.content).toContain(`files:\n\n${block('of the job')}\n${block('of the need')}`);
  });

  test('that a need wrote are those of this run, by what it wrote', async () => {
    const model = scripted(['ok']);
    const made = step('made', { kind: 'files', fields: { write: { 'src/a.ts': 'made\n' } } });
    const other = step('other', { kind: 'files', fields: { write: { 'src/b.ts': 'not needed\n' } } });
    const asks = llm({ prompt: 'p', attachments: ['{{ run.outputs }}/src/*.ts'] }, { needs: ['made'] });
    const last = step('last', { needs: ['q', 'other'], kind: 'files', fields: { write: { x: '' } } });
    const ran = await runJob([other, made, asks, last], {
      provider: model.provider,
      runsDir: tempDir(),
      plan: { concurrency: 1 },
    });
    expect(ran.result.status).toBe('succeeded');
    expect(model.asked[0]?.messages[0]?.content).toContain('path="src/a.ts"\nmade\n');
    expect(model.asked[0]?.messages[0]?.content).not.toContain('not needed');
  });

  test('belong to the inputs: a changed one asks again, an equal one does not', async () => {
    const model = scripted(['one', 'two']);
    const jobDir = folder({ 'x.md': 'X' });
    const steps = [llm({ prompt: 'p', attachments: ['*.md'] })];
    const { dir } = await runJob(steps, { provider: model.provider, runsDir: tempDir(), jobDir });
    await resumeJob(dir, steps, { provider: model.provider, jobDir });
    expect(model.asked).toHaveLength(1);
    writeFileSync(join(jobDir, 'x.md'), 'Y');
    const changed = await resumeJob(dir, steps, { provider: model.provider, jobDir });
    expect(output(changed)).toBe('two');
  });

  test('are images when they are, whatever they are called, and text beside them', async () => {
    const png = Buffer.from('89504e470d0a1a0a00000000', 'hex');
    const model = scripted(['a cat']);
    await execute({ prompt: 'What is it?', attachments: ['*'] }, model, { files: { 'cat.dat': png, 'x.md': 'X' } });
    expect(model.asked[0]?.messages).toEqual([
      {
        role: 'user',
        content: expect.stringMatching(/^What is it\?\n\nAttached files:\n\n[^]*X/) as string,
        images: [{ mediaType: 'image/png', data: png.toString('base64') }],
      },
    ]);
  });

  test('are no images for a provider that takes none', async () => {
    const model = scripted([], { images: false });
    const files = { 'cat.gif': Buffer.from('GIF89a\0') };
    const ran = await execute({ prompt: 'p', attachments: ['cat.gif'] }, model, { files });
    expect(failure(ran)).toMatchObject({ code: 'usage', message: 'Expected a provider that takes images, scripted does not.' }); // prettier-ignore
  });

  const kB = 1024;
  test.each<[string, string[], Files, string, RegExp]>([
    [
      'a large file',
      ['big.txt'],
      { 'big.txt': 'x'.repeat(256 * kB + 1) },
      'spec',
      /big\.txt \(257 kB\): expected at most 256 kB of one file/,
    ],
    [
      'many files',
      ['*.txt'],
      Object.fromEntries([1, 2, 3, 4, 5].map((at) => [`${at}.txt`, 'x'.repeat(250 * kB)])),
      'spec',
      /5\.txt \(250 kB\): expected at most 1024 kB in all, got 1250 kB up to this one/,
    ],
    [
      'zeros',
      ['a.png'],
      { 'a.png': Uint8Array.of(1, 0, 2) },
      'spec',
      /a\.png \(1 kB\): expected an image or text in UTF-8, got another binary file/,
    ],
    [
      'bytes that are no UTF-8',
      ['a.bin'],
      { 'a.bin': Uint8Array.of(0xff, 0xfe) },
      'spec',
      /a\.bin .* got another binary file/,
    ],
    [
      'no file',
      ['none/*.md'],
      {},
      'not_found',
      /expected none\/\*\.md in the folder of the job, there is no such file/,
    ],
    [
      'a file above',
      ['../x.md'],
      {},
      'unsafe_path',
      /expected files below the folder of the job or \{\{ run\.outputs \}\}, got \.\.\/x\.md/,
    ],
    ['a file elsewhere', ['/etc/hostname'], {}, 'unsafe_path', /got \/etc\/hostname/],
    [
      'a file of a need that wrote none',
      ['{{ run.outputs }}/x'],
      {},
      'not_found',
      /the files that the needs of the step wrote/,
    ],
  ])('are refused before anybody is asked: %s', async (_, attachments, files, code, message) => {
    const model = scripted([]);
    const ran = await execute({ prompt: 'p', attachments }, model, { files, retry: once });
    expect(failure(ran)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(ran.result.manifest.steps['q']).toMatchObject({ attempts: 1, provider_calls: 0 });
  });

  test('are refused when a link leads out of the folder of the job', async () => {
    const jobDir = folder({ 'a.md': 'a' });
    symlinkSync(join(folder({ 'secret.md': 's' }), 'secret.md'), join(jobDir, 'link.md'));
    const model = scripted([]);
    const ran = await runJob([llm({ prompt: 'p', attachments: ['*.md'] })], {
      provider: model.provider,
      runsDir: tempDir(),
      jobDir,
    });
    expect(failure(ran)).toMatchObject({ code: 'unsafe_path' });
    expect(model.asked).toEqual([]);
  });
});

describe('a patch', () => {
  const patched = {
    diff: `diff --git a/x.ts b/x.ts\n--- a/x.ts\n+++ b/x.ts\n@@ -1,1 +1,2 @@\n-a\n+b\n+c\n`,
    files: [{ change: 'modified', path: 'x.ts', insertions: 2, deletions: 1 }],
  };

  function expectPatch(ran: Ran): void {
    const { sha256: digest, ...rest } = JSON.parse(output(ran) ?? '') as { sha256: string };
    expect(rest).toEqual(patched);
    const created = ran.events.find(({ type }) => type === 'artifact.created');
    expect(created).toMatchObject({ step: 'q', data: { digest, name: 'q.patch', media_type: 'text/x-diff' } });
    const kept = readFileSync(join(ran.dir, 'artifacts', digest.slice(0, 2), digest), 'utf8');
    expect(kept).toBe(patched.diff);
    expect(ran.result.manifest.artifacts).toMatchObject([{ digest, size_bytes: kept.length }]);
  }

  test('in an answer is kept among the artifacts, and told by file', async () => {
    expectPatch(await execute({ prompt: 'p', output: 'patch' }, scripted([`Here:\n${F}diff\n${diff}${F}\nDone.`])));
  });

  test('in a text is kept in the same way', async () => {
    expectPatch(await execute({ from: `Look:\n\n${diff}` }, scripted([]), { kind: 'patch' }));
  });

  test.each<[string, JsonObject]>([
    ['a text', { prompt: 'p' }],
    ['a patch', { prompt: 'p', output: 'patch' }],
  ])('that a need gave as %s is kept in the same way', async (_, fields) => {
    const steps = [
      llm(fields, { id: 'propose' }),
      step('q', { kind: 'patch', needs: ['propose'], fields: { from: 'propose' } }),
    ];
    const ran = await runJob(steps, { provider: scripted([diff]).provider, runsDir: tempDir() });
    expect(JSON.parse(output(ran) ?? '')).toMatchObject(patched);
  });

  test('that a need did not give fails its step', async () => {
    const steps = [
      llm(json, { id: 'propose' }),
      step('q', { kind: 'patch', needs: ['propose'], fields: { from: 'propose' } }),
    ];
    const ran = await runJob(steps, { provider: scripted([good]).provider, runsDir: tempDir() });
    expect(failure(ran)).toMatchObject({
      message: 'from: expected the output of step propose to be a diff, got object.',
    });
  });

  test('that is malformed fails its step once, with the line', async () => {
    const ran = await execute({ from: '--- a/x\n+++ b/x\n@@ huh @@\n' }, scripted([]), { kind: 'patch', retry: once });
    expect(failure(ran)).toMatchObject({
      code: 'bad_answer',
      message: expect.stringMatching(/^from: Line 3 of the diff: expected "@@ /),
    });
    expect(ran.result.manifest.steps['q']).toMatchObject({ attempts: 1 });
  });
});
