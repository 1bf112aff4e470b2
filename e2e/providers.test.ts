import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { logged, openPlace } from './orch.ts';
import { eventsOf } from './steps.ts';
import { startWire } from './wire-server.ts';

const failing = { status: 503, headers: { 'retry-after-ms': '1' } };

describe.concurrent('providers', () => {
  test('each is asked by its own policy, and a step may have another; a secret goes over the wire and nowhere else', async (context) => {
    const place = openPlace(context);
    const [near, far] = await Promise.all([startWire(context, () => failing), startWire(context, () => failing)]);
    const secret = 'org-Rk29dQx7planted';
    place.write({
      'job.yaml': {
        project: 'p',
        provider: { name: 'ollama', model: 'small', base_url: near.url, resilience: { retries: 0 } },
        providers: {
          far: {
            ...{ name: 'openai', model: 'big', base_url: `${far.url}/v1` },
            resilience: { retries: 2, breaker: { threshold: 9 } },
            headers: { 'X-Org': { secret: 'ORG' }, 'X-Team': 'docs' },
          },
        },
        defaults: { on_failure: 'continue', retry: 0 },
        steps: {
          a: { prompt: 'One?' },
          b: { prompt: 'Two?', provider: 'far' },
          c: { prompt: 'Three?', resilience: { retries: 1 } },
        },
      },
    });
    const { code } = await place.orch(['run'], { ORG: secret });
    expect(code).toBe(0);
    const tries = (step: string) => eventsOf(place, 'llm.request').filter((event) => event.step === step).length;
    expect([tries('a'), tries('b'), tries('c')]).toEqual([1, 3, 2]);
    expect([near.questions.length, far.questions.length]).toEqual([3, 3]);
    expect(far.requests.map(({ headers }) => [headers['x-org'], headers['x-team']])).toEqual(
      far.requests.map(() => [secret, 'docs']),
    );
    expect(textsBelow(place.path('runs')).join('\n')).not.toContain(secret);
    const { stderr, code: refused } = await place.orch(['run']);
    expect({ refused, stderr }).toMatchObject({
      refused: 2,
      stderr: expect.stringContaining('ORG (named by') as string,
    });
  });

  test('what waits for its requests per minute holds no place: another step runs meanwhile, and it is told', async (context) => {
    const place = openPlace(context);
    const wire = await startWire(context);
    place.write({
      'job.yaml': {
        project: 'p',
        concurrency: 1,
        provider: { name: 'ollama', model: 'small', base_url: wire.url, limits: { requests_per_minute: 1 } },
        steps: {
          one: { prompt: 'One?' },
          two: { prompt: 'Two?' },
          after: { run: 'echo done', needs: ['one'] },
        },
      },
    });
    const run = place.start(['run']);
    await logged(place, 'provider.throttled');
    await logged(place, 'step.succeeded', 'after');
    run.kill('SIGINT');
    run.kill('SIGINT');
    const { stdout } = await run.ended;
    expect(stdout).toMatch(/ollama:small {2}waits \d+ .*requests per minute/);
    expect(wire.questions).toHaveLength(1);
    const throttled = eventsOf(place, 'provider.throttled');
    expect(throttled[0]?.data).toMatchObject({ provider: 'ollama', model: 'small', limit: 'requests' });
    const { stdout: tail } = await place.orch(['tail']);
    expect(tail).toMatch(/provider\.throttled .*limit=requests/);
    const shown = await place.orch(['show', '--verbose']);
    expect(shown.stdout).toMatch(/^waited {2}ollama:small {2}for its requests per minute: \d+ times?, /m);
  });

  test('a server that asks for patience is left alone so long, and then answers', async (context) => {
    const place = openPlace(context);
    const busy = { status: 429, headers: { 'retry-after': '1' } };
    const wire = await startWire(context, (nth) => (nth === 0 ? busy : {}));
    place.write({ 'job.yaml': { provider: 'ollama:small', steps: { a: { prompt: 'How?' } } } });
    expect(await place.orch(['run'], { OLLAMA_BASE_URL: wire.url })).toMatchObject({ code: 0 });
    expect(wire.questions).toHaveLength(2);
    expect(eventsOf(place, 'provider.throttled')).toMatchObject([{ data: { limit: 'retry_after' } }]);
  });

  test('what a provider leaves out is a warning: once on the screen, and in JSON', async (context) => {
    const place = openPlace(context);
    const wire = await startWire(context);
    const provider = { name: 'anthropic', model: 'small', base_url: wire.url, options: { temperature: 0.5 } };
    place.write({ 'job.yaml': { provider, steps: { a: { prompt: 'One?' }, b: { prompt: 'Two?', needs: ['a'] } } } });
    const env = { ANTHROPIC_API_KEY: 'sk-ant-01234567' };
    const { stdout } = await place.orch(['run'], env);
    expect(stdout.match(/! anthropic:small .*temperature/g)).toHaveLength(1);
    expect((await place.orch(['show', '--verbose'])).stdout).toMatch(/^warned {2}anthropic:small .*temperature/m);
    for (const { body } of wire.questions) expect(body).not.toHaveProperty('temperature');
    place.write({ 'job.yaml': { provider, steps: { a: { prompt: 'Three?' } } } });
    const { warnings } = JSON.parse((await place.orch(['run', '--json'], env)).stdout) as { warnings: string[] };
    expect(warnings).toEqual([expect.stringMatching(/^anthropic:small: .*temperature/)]);
  });

  test('tokens that no server counted are marked', async (context) => {
    const place = openPlace(context);
    const wire = await startWire(context);
    place.write({ 'job.yaml': { provider: 'ollama:small', steps: { a: { prompt: 'How?' } } } });
    const { stdout } = await place.orch(['run'], { OLLAMA_BASE_URL: wire.url });
    expect(eventsOf(place, 'llm.response')).toMatchObject([{ data: { estimated: true } }]);
    expect(stdout).toMatch(/1 call, ~\d+ tokens in, ~\d+ out/);
    expect((await place.orch(['tail'])).stdout).toMatch(/llm\.response .*tokens_in=~\d+ tokens_out=~\d+/);
  });
});

describe.concurrent('what whoever answers does not take', () => {
  test('options are refused by their place before anybody is asked; so is what means nothing', async (context) => {
    const place = openPlace(context);
    const wire = await startWire(context);
    place.write({
      'late.yaml': [
        `provider: {name: ollama, model: small, base_url: "${wire.url}"}`,
        'steps:',
        '  a: {prompt: One?}',
        '  b: {prompt: Two?, needs: [a], provider: "anthropic:small", options: {seed: 1}}',
      ].join('\n'),
      'echo.yaml': 'provider: {name: echo, limits: {max_parallel: 1}}\nsteps: {a: {prompt: x}}\n',
    });
    const env = { ANTHROPIC_BASE_URL: wire.url };
    for (const command of ['validate', 'plan', 'run']) {
      const { code, stderr } = await place.orch([command, 'late.yaml'], env);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^late\.yaml:4:71: steps\.b\.options: expected options that anthropic takes .*`seed`/m);
    }
    const { code, stderr } = await place.orch(['run', 'echo.yaml']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('echo.yaml:1:24: ') as string });
    expect(wire.questions).toEqual([]);
  });

  test('a wait that there is no time for is told with how long it is', async (context) => {
    const place = openPlace(context);
    const wire = await startWire(context, () => ({ status: 429, headers: { 'retry-after': '3600' } }));
    place.write({
      'job.yaml': { provider: 'ollama:small', steps: { a: { prompt: 'How?', timeout_s: 30, retry: 0 } } },
    });
    const { stdout, stderr } = await place.orch(['run'], { OLLAMA_BASE_URL: wire.url });
    expect(stdout + stderr).toContain('it asks to wait 3600 s');
  });
});

describe.concurrent('orch doctor and orch models', () => {
  test('a wrong base URL is not well: what was not found out is not said', async (context) => {
    const place = openPlace(context);
    const wire = await startWire(context);
    const env = { OPENAI_BASE_URL: wire.url, PROVIDER: 'openai:small' };
    const { code, stdout } = await place.orch(['doctor'], env);
    expect(code).toBe(5);
    expect(stdout).toMatch(/✗ {2}openai +yes +- +small +- /);
    expect(stdout).toContain('`base_url` (or OPENAI_BASE_URL)');
    const json = await place.orch(['doctor', '--json'], env);
    expect(JSON.parse(json.stdout)).toMatchObject({ providers: [{ authorised: null, model_present: null }] });
    const bad = await place.orch(['doctor'], { ...env, PROVIDER_TIMEOUT_S: 'abc' });
    expect(bad.stderr.match(/Expected PROVIDER_TIMEOUT_S/g)).toHaveLength(1);
  });

  test('all is well: exit 0; the models are listed; no question is asked', async (context) => {
    const place = openPlace(context);
    const wire = await startWire(context);
    const env = {
      ...{ OLLAMA_BASE_URL: wire.url, ANTHROPIC_BASE_URL: wire.url, ANTHROPIC_API_KEY: 'sk-ant-01234567' },
      ...{ OPENAI_BASE_URL: `${wire.url}/v1`, MLX_BASE_URL: `${wire.url}/v1`, PROVIDER: 'mlx:big' },
    };
    const { code, stdout } = await place.orch(['doctor'], env);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ok {2}4 providers\n$/) as string,
    });
    for (const line of [/✓ {2}ollama .*small/, /✓ {2}openai /, /✓ {2}anthropic /, /✓ {2}mlx .*big .*PROVIDER, MLX/]) {
      expect(stdout).toMatch(line);
    }
    const listed = JSON.parse((await place.orch(['models', '--json'], env)).stdout) as object[];
    expect(listed).toHaveLength(8);
    expect(listed[0]).toEqual({ provider: 'ollama', id: 'big', context_tokens: null, size_bytes: null });
    expect((await place.orch(['models', 'anthropic'], env)).stdout).toBe('anthropic:big\nanthropic:small\n');
    expect(wire.questions).toEqual([]);
  });

  test('what is not well is told with what to do: exit 5', async (context) => {
    const place = openPlace(context);
    const wire = await startWire(context);
    place.write({ 'job.yaml': { provider: 'ollama:huge', steps: { a: { prompt: 'x' } } } });
    const env = {
      OLLAMA_BASE_URL: wire.url,
      OPENAI_API_KEY: 'sk-0123456789',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    };
    const { code, stdout } = await place.orch(['doctor', 'job.yaml'], env);
    expect(code).toBe(5);
    expect(stdout).toContain('ollama pull huge');
    expect(stdout).toMatch(/✗ {2}openai +no /);
    const json = await place.orch(['doctor', 'job.yaml', '--provider', 'ollama:small', '--json'], env);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      providers: [{ model: 'small', named_by: ['--provider'] }],
    });
    expect((await place.orch(['doctor', '--provider', 'olama'], env)).code).toBe(2);
    expect((await place.orch(['models', 'openai'], env)).code).toBe(5);
  });
});

function textsBelow(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
  return files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file, 'utf8'));
}
