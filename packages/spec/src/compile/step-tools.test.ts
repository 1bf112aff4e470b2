import { expect, test } from 'vitest';
import { compileSteps } from '../compile-steps.ts';
import { compiled, contextIn, readingFrom, stepOf } from '../testing/compiled.ts';

const mcp = `
mcp:
  files: {command: npx, args: [-y, some-files], env: {A: b, ROOT: {secret: FILES_ROOT}}, cwd: tools}
  search: {url: "https://tools.example/mcp", headers: {Authorization: {secret: SEARCH_AUTH}}}
  unused: {command: nobody, env: {B: {secret: UNUSED}}}
`;

const files = {
  command: 'npx',
  args: ['-y', 'some-files'],
  env: { A: 'b', ROOT: { secret: 'FILES_ROOT' } },
  cwd: 'tools',
};

test('the tools of a step stand with the servers that they name, and no others', async () => {
  const step = await stepOf(`${mcp}steps: {a: {prompt: x, tools: [files.read, "files.list_*"], tool_rounds: 3}}`);
  expect(step?.fields).toEqual({
    prompt: 'x',
    options: {},
    output: 'text',
    tools: { allow: ['files.list_*', 'files.read'], servers: { files }, rounds: 3 },
  });
});

test('a step may call eight times unless it says otherwise; with an empty list it has no tools', async () => {
  const { plan } = await compiled(
    `${mcp}defaults: {tools: [search.web], tool_rounds: 2}\nsteps: {a: {prompt: x}, b: {prompt: x, tools: []}}`,
  );
  expect(plan.steps.map(({ fields }) => (fields['tools'] as { rounds: number } | undefined)?.rounds)).toEqual([
    2,
    undefined,
  ]);
  const usual = await stepOf(`${mcp}steps: {a: {prompt: x, tools: [search.web]}}`);
  expect(usual?.fields['tools']).toMatchObject({ rounds: 8 });
});

test('the order in which tools and servers are written makes no other plan', async () => {
  const [a, b] = await Promise.all(
    ['[files.read, search.web]', '[search.web, files.read]'].map((tools) =>
      compiled(`${mcp}project: p\nsteps: {a: {prompt: x, tools: ${tools}}}`),
    ),
  );
  expect(a!.planHash).toBe(b!.planHash);
});

test('secrets of the servers that steps use, and of the providers that they ask, are secrets of the plan', async () => {
  const { plan } = await compiled(`
secrets: [OTHER]
provider: {name: openai, model: m, headers: {X-Org: {secret: ORG_ID}}}
providers: {far: {name: openai, model: n, headers: {X-Org: {secret: FAR_ORG}}}, no: {name: openai, headers: {X: {secret: NOT_ASKED}}}}
${mcp}
steps:
  a: {prompt: x, tools: [files.read]}
  b: {prompt: x, provider: far}
  c: {run: x, env: {T: {secret: TOKEN}}}`);
  expect(plan.secrets).toEqual(['FAR_ORG', 'FILES_ROOT', 'ORG_ID', 'OTHER', 'TOKEN']);
  expect(plan.provider).toEqual({ name: 'openai', model: 'm', headers: { 'X-Org': { secret: 'ORG_ID' } } });
});

test('a server of a pipeline runs in the folder of the pipeline', async () => {
  const pipes = {
    '/job/pipes/p.yaml':
      'mcp: {files: {command: ./server, cwd: bin}, far: {url: "http://a"}}\nsteps: {a: {prompt: x, tools: [files.read, far.get]}}',
  };
  const step = await stepOf('pipeline: pipes/p.yaml', 'a', readingFrom(pipes));
  expect(step?.fields['tools']).toMatchObject({ servers: { files: { cwd: 'pipes/bin' }, far: { url: 'http://a' } } });
});

test('steps that are added may use the servers that steps of the run use, and no others', async () => {
  const { plan } = await compiled(`provider: echo\n${mcp}steps: {a: {prompt: x, tools: [files.read]}}`);
  const added = (tool: string) =>
    compileSteps({ b: { prompt: 'y', tools: [tool] } }, { ...contextIn('/job'), plan, existing: plan.steps });
  expect(await added('files.list')).toMatchObject({
    ok: true,
    value: [{ fields: { tools: { allow: ['files.list'], servers: { files } } } }],
  });
  expect(await added('search.web')).toMatchObject({
    ok: false,
    error: [{ message: 'steps.b.tools[0]: no server "search" under mcp; there are files' }],
  });
});
