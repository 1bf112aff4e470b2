import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFiles as parse } from './parse-files.ts';
import type { FileAnswer } from './parse-files.ts';
import { toFileBlock } from './to-file-block.ts';

const F = '```';
const block = (info: string, ...lines: string[]) => [F + info, ...lines, F, ''].join('\n');
const parseFiles = (text: string) => {
  const files = parse(text);
  if (files.ok) return files.value;
  throw files.error;
};
const fault = (text: string) => {
  const files = parse(text);
  if (files.ok) throw new Error(`expected an error, got ${JSON.stringify(files.value)}`);
  expect(files.error.code).toBe('bad_answer');
  return files.error.message;
};
const paths = (text: string) => parseFiles(text).map((file) => file.path);

describe('a block is named by', () => {
  test.each([
    ['js src/x.js'],
    ['src/x.js'],
    ['js ./src/x.js'],
    ['js:src/x.js'],
    ['js title="src/x.js"'],
    ['js filename=src/x.js'],
    ["js {file: 'src/x.js'}"],
    ['js {1,3} src/x.js'],
    ['{.js path="src/x.js"}'],
    ['js // src/x.js'],
    ['js (src/x.js)'],
  ])('its info string: %s', (info) => {
    expect(parseFiles(block(info, 'x'))).toEqual([{ path: 'src/x.js', content: 'x\n' }]);
  });

  test.each([
    ['### src/x.js'],
    ['### 2. `src/x.js`'],
    ['## Step 3: write `src/x.js` ##'],
    ['**src/x.js**'],
    ['**`src/x.js`**:'],
    ['**3. src/x.js**'],
    ['## 📄 `src/x.js`'],
    ['**File: src/x.js**'],
    ['`src/x.js`'],
    ['- `./src/x.js` (new)'],
    ['1. **src/x.js** – the server'],
    ['src/x.js:'],
    ['File: src/x.js'],
    ['**Filename:** `src/x.js`'],
    ['#### Path: "src/x.js"'],
  ])('the line above it: %s', (line) => {
    expect(parseFiles(`${line}\n${block('js', 'x')}`)).toEqual([{ path: 'src/x.js', content: 'x\n' }]);
    expect(paths(`${line}\n\n${block('', 'x')}`)).toEqual(['src/x.js']);
  });

  test.each([
    ['js', '// src/x.js', 'src/x.js'],
    ['json', '// package.json', 'package.json'],
    ['py', '# File: x.py', 'x.py'],
    ['html', '<!-- x.html -->', 'x.html'],
    ['css', '/* a/x.css */', 'a/x.css'],
    ['sql', '-- schema.sql', 'schema.sql'],
    ['', '# .env', '.env'],
    ['md', '<!-- README.md -->', 'README.md'],
  ])('its first line, a comment that is not part of the file: %s %s', (info, comment, path) => {
    expect(parseFiles(block(info, comment, 'x'))).toEqual([{ path, content: 'x\n' }]);
  });

  test.each([
    ['<file path="src/x.js">\nx\n</file>'],
    ["<file name='./src/x.js'>\nx\n</file>"],
    ['<file path=src/x.js>x</file>'],
    [`<file path="src/x.js">\n${block('js', 'x')}</file>`],
    ['<FILE filename="src/x.js">\nx\n</FILE>'],
    ['<file path="src/x.js">\nx</file>'],
    ['<file path="src//./x.js">\n\nx\n</file>'.replace('\n\n', '\n')],
    ['<document path="src/x.js">\nx\n</document>'],
    ['<code file="src/x.js">\nx\n</code>'],
    ['<file><path>src/x.js</path><content>x</content></file>'],
    ['<file>\n<path>src/x.js</path>\n<content>\nx\n</content>\n</file>'],
    ['<file>\n  <name> src/x.js </name>\nx\n</file>'],
  ])('tags around it: %s', (text) => {
    expect(parseFiles(`Here:\n${text}\n`)).toEqual([{ path: 'src/x.js', content: 'x\n' }]);
  });

  test('the heading that it is the first block below, whatever is said in between', () => {
    const said = '### src/b.py\n\nThis one does things.\n\n';
    expect(parseFiles(`${said}${block('python', 'x')}and then\n${block('python', 'y')}`)).toEqual([
      { path: 'src/b.py', content: 'x\n' },
    ]);
    expect(parseFiles(`${said}Not so:\n${block('python', '# c.py', 'x')}`)).toEqual([{ path: 'c.py', content: 'x\n' }]);
    expect(parseFiles(`${said}Run it:\n${block('bash', 'python src/b.py')}`)).toEqual([]);
  });

  test('tags of several names in one answer, one inside the content of another', () => {
    const inner = '<file path="y.xml">y</file>';
    const text = `<file path="a.py">\na\n</file>\n<document path="b.xml">\n${inner}\n</document>\n<code>no name</code>\n`;
    expect(parseFiles(text)).toEqual([
      { path: 'a.py', content: 'a\n' },
      { path: 'b.xml', content: `${inner}\n` },
    ]);
  });

  test('the name in its fence before the line above it, and that before a comment', () => {
    expect(parseFiles(`**b.js**\n${block('js a.js', '// c.js')}`)).toEqual([{ path: 'a.js', content: '// c.js\n' }]);
    expect(parseFiles(`**b.js**\n${block('js', '// c.js')}`)).toEqual([{ path: 'b.js', content: '// c.js\n' }]);
  });
});

describe('what is not a file', () => {
  test.each([
    ['a block without a name', `Run it:\n${block('bash', 'npm test')}`],
    ['a command below the name of the file it is about', `### server.mjs\n${block('sh', 'node server.mjs')}`],
    ['a diff of a file', block('diff server.mjs', '-a', '+b')],
    ['code below a sentence that mentions a file', `Now change \`server.mjs\` like this:\n${block('js', 'x')}`],
    ['code below the heading of a method', `### \`app.listen\`\n${block('js', 'x')}`],
    ['code below the heading of a product', `### Node.js\n${block('js', 'x')}`],
    ['an answer below the heading of an endpoint', `### GET /notes\n${block('json', '{}')}`],
    ['a media type', block('application/json', '{}')],
    ['two languages', block('html/css', 'x')],
    ['a command in an info string', block('sh npm run build.js', 'x')],
    ['a title that is prose', block('text title="Example output"', 'x')],
    ['a Markdown title that looks like a name', block('md', '# notes.md')],
    ['a block that a model only thought of', `<think>\n${block('js x.js', 'x')}</think>\nNo.`],
  ])('%s', (_, text) => {
    expect(parseFiles(text)).toEqual([]);
  });

  test('but a shell script below its own name is one', () => {
    expect(paths(`### scripts/setup.sh\n${block('bash', 'npm i')}`)).toEqual(['scripts/setup.sh']);
  });
});

describe('fences inside a file', () => {
  const readme = ['# Notes', '', `${F}bash`, 'npm test', F, '', 'Tree:', '', F, 'src/', F, '', 'End'];
  const content = `${readme.join('\n')}\n`;

  test.each([
    ['in a longer fence', ['````md README.md', ...readme, '````']],
    ['in tildes', ['~~~md README.md', ...readme, '~~~']],
    ['in a fence of the same length', [`${F}md README.md`, ...readme, F]],
    ['in a fence of the same length, named above', ['## README.md', '', F, ...readme, F]],
    ['in a tag', ['<file path="README.md">', ...readme, '</file>']],
  ])('survive %s, and the next file is found', (_, lines) => {
    const text = `${lines.join('\n')}\n\n${block('js x.js', 'x')}`;
    expect(parseFiles(text)).toEqual([
      { path: 'README.md', content },
      { path: 'x.js', content: 'x\n' },
    ]);
  });

  test('are read as CommonMark does where the inner ones do not pair up', () => {
    const text = `${F}md README.md\n# Notes\n${F}bash\nnpm test\n${F}\n\n${block('js x.js', 'x')}`;
    expect(parseFiles(text)).toEqual([
      { path: 'README.md', content: `# Notes\n${F}bash\nnpm test\n` },
      { path: 'x.js', content: 'x\n' },
    ]);
  });

  test('do not end a block when they are indented like code in it', () => {
    expect(parseFiles(block('js x.js', 'const a = `', `    ${F}`, '`;'))).toEqual([
      { path: 'x.js', content: `const a = \`\n    ${F}\n\`;\n` },
    ]);
  });
});

test('an indented block of a list loses the indentation of its fence, not that of its code', () => {
  const text = ['1. `x.py`', '', '   ```py', '   if a:', '       b', '', '   ```'].join('\n');
  expect(parseFiles(text)).toEqual([{ path: 'x.py', content: 'if a:\n    b\n\n' }]);
});

test('files inside a whole answer that was put into one Markdown block are found', () => {
  expect(paths(`${F}markdown\nThe files:\n\n${block('js a.js', 'x')}\n${block('js b.js', 'x')}${F}\n`)).toEqual([
    'a.js',
    'b.js',
  ]);
});

test.each([
  ['a fence', `Here:\n\n${F}js x.js\na\nb\n`],
  ['a fence below a name', `\n### x.js\n${F}js\na\nb\n`],
  ['a fence above a name', `\n\n${F}js\n// x.js\na\n`],
  ['a tag', 'Here:\n\n<file path="x.js">\nx\n'],
  ['a tag before another', 'Here:\n\n<file path="x.js">\nx\n<file path="y.js">\ny\n</file>\n'],
])('a file that nothing ends is an error and no half file: %s', (_, text) => {
  expect(fault(text)).toBe('Line 3 of the answer: expected x.js to be whole, nothing ends it.');
});

test('a block without a name that nothing closes takes no file away', () => {
  expect(paths(`${block('js x.js', 'x')}Run it:\n${F}sh\nnode x.js\n`)).toEqual(['x.js']);
});

test('tags inside a file between tags survive when they pair up', () => {
  const inner = '<file path="y.js">\ny\n</file>\n';
  expect(parseFiles(`<file path="x.md">\n${inner}</file>`)).toEqual([{ path: 'x.md', content: inner }]);
});

test('line ends come out as LF, whatever the answer has', () => {
  expect(parseFiles(block('js x.js', 'a', '', 'b').replaceAll('\n', '\r\n'))).toEqual([
    { path: 'x.js', content: 'a\n\nb\n' },
  ]);
});

test('a file that is there twice with other content is an error that names both lines', () => {
  const text = `Hi\n${block('js x.js', 'old')}${block('js y.js', 'y')}${block('js ./x.js', 'new')}`;
  expect(fault(text)).toBe(
    'Line 8 of the answer: expected x.js once, got it in line 2 and, with other content, in line 8.',
  );
});

test('a file that is there twice with the same content is there once', () => {
  expect(parseFiles(block('js x.js', 'x') + block('js src/../x.js', 'x').replace('src/../', './'))).toEqual([
    { path: 'x.js', content: 'x\n' },
  ]);
});

test('a snippet below the name of a file does not replace the file that its fence names', () => {
  expect(parseFiles(`${block('js x.js', 'whole')}\n**x.js**\n${block('js', 'part')}`)).toEqual([
    { path: 'x.js', content: 'whole\n' },
  ]);
});

test.each([
  ['../x.js'],
  ['src/../../x.js'],
  ['/etc/x.js'],
  ['//server/x.js'],
  ['C:/x.js'],
  ['C:\\x.js'],
  ['src\\x.js'],
  ['~/x.js'],
  ['~root/x.js'],
  ['.git/config.js'],
  ['sub/.GIT/hooks/x.js'],
  ['.git /x.js'],
  ['src/x.js/'],
  ['..'],
  ['a\0b.js'],
])('a name outside the project is refused, wherever it stands: %j', (name) => {
  const shapes = [
    block(`js filename="${name}"`, 'x'),
    `<file path="${name}">\nx\n</file>`,
    block(`js ${name}`, 'x'),
    `### ${name}\n${block('js', 'x')}`,
    block('js', `// ${name}`, 'x'),
  ];
  for (const [at, shape] of shapes.entries()) {
    const result = parse(`${block('js ok.js', '1')}\n${shape}`);
    if (at > 1 && result.ok) expect(result.value).toEqual([{ path: 'ok.js', content: '1\n' }]);
    else
      expect(result).toMatchObject({
        error: { message: expect.stringMatching(/^Line \d+ of the answer: expected a path inside the project, got /) },
      });
  }
});

test('names that only look odd are files', () => {
  for (const name of ['.gitignore', '.github/ci.yml', 'a..b.js', 'x~.js', '-rf.js'])
    expect(paths(block(`path="${name}"`, 'x'))).toEqual([name]);
});

test('an answer as models write it: prose, a tree, a README with commands, a snippet, and how to start', () => {
  const text = [
    "Sure! Here's the project:",
    '',
    F,
    'notes/',
    '├── README.md',
    '└── src/app.ts',
    F,
    '',
    '### 1. `src/app.ts`',
    '',
    `${F}typescript`,
    'export const app = 1;',
    F,
    '',
    '**README.md**',
    '',
    `${F}markdown`,
    '# Notes',
    '',
    `${F}bash`,
    'npm start',
    F,
    F,
    '',
    `- \`.env\`:`,
    '',
    `  ${F}`,
    '  PORT=1',
    `  ${F}`,
    '',
    `${F}yaml:.github/workflows/ci.yml`,
    'on: push',
    F,
    '',
    '~~~html',
    '<!-- public/index.html -->',
    '<p>',
    '~~~',
    '',
    'Start it:',
    `${F}bash`,
    'npm start',
    F,
    'Enjoy!',
  ].join('\n');
  const files = [
    { path: 'src/app.ts', content: 'export const app = 1;\n' },
    { path: 'README.md', content: `# Notes\n\n${F}bash\nnpm start\n${F}\n` },
    { path: '.env', content: 'PORT=1\n' },
    { path: '.github/workflows/ci.yml', content: 'on: push\n' },
    { path: 'public/index.html', content: '<p>\n' },
  ];
  expect(parseFiles(text)).toEqual(files);
  expect(parseFiles(text.replaceAll('\n', '\r\n'))).toEqual(files);
});

type Shape = (file: FileAnswer, fence: string) => string;
const fenced = (info: string, { content }: FileAnswer, fence: string) => `${fence}${info}\n${content}${fence}\n`;
const shapes: readonly Shape[] = [
  (file, fence) => fenced(`js ${file.path}`, file, fence),
  (file, fence) => fenced(`js title="${file.path}"`, file, fence),
  (file, fence) => `### ${file.path}\n\n${fenced('js', file, fence)}`,
  (file, fence) => `**\`${file.path}\`**:\n${fenced('', file, fence)}`,
  (file, fence) => `File: ${file.path}\n${fenced('js', file, fence)}`,
  (file, fence) => fenced('js', { ...file, content: `// ${file.path}\n${file.content}` }, fence),
];
const tagged: Shape = ({ path, content }) => `<file path="${path}">\n${content}</file>\n`;

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const path = fc.tuple(fc.array(word, { maxLength: 2 }), word).map(([dirs, name]) => [...dirs, `${name}.js`].join('/'));
const line = fc.oneof(fc.constantFrom('', '```', '```js', '``` ', '~~~', '</x>', '# a.js', '    ```'), fc.string());
const content = fc.array(
  line.map((text) => text.replaceAll(/[\r\n]/g, ' ')),
  { maxLength: 8 },
);
const files = fc.uniqueArray(
  fc.record({ path, content: content.map((lines) => lines.map((text) => `${text}\n`).join('')) }),
  { selector: (file) => file.path, maxLength: 4 },
);

test('whatever is rendered in a fence longer than those inside it is read back the same', () => {
  fc.assert(
    fc.property(files, fc.constantFrom(...shapes), fc.constantFrom('\n', 'Some prose.\n\n'), (all, shape, between) => {
      const text = all.map((file) => shape(file, '`'.repeat(longestRun(file.content) + 3)) + between).join('');
      expect(parseFiles(text)).toEqual(all);
    }),
  );
});

test('whatever is rendered between tags is read back the same, unless it is one fenced block', () => {
  fc.assert(
    fc.property(files, (all) => {
      const whole = all.map((file) => ({ ...file, content: `x\n${file.content}` }));
      expect(parseFiles(whole.map((file) => tagged(file, '')).join('\n'))).toEqual(whole);
    }),
  );
});

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

test('what toFileBlock prints is read back the same, whatever the name and the content', () => {
  const name = fc
    .tuple(path, fc.constantFrom('', ' b', "'", '"', 'ü', '=', '}', '-->'))
    .map(([text, more]) => text + more);
  fc.assert(
    fc.property(fc.array(fc.record({ path: name, content: content.map((lines) => lines.join('\n')) })), (all) => {
      const distinct = [...new Map(all.map((file) => [file.path, file])).values()];
      const ended = distinct.map((file) => ({ ...file, content: withEnd(file.content) }));
      expect(parseFiles(`Files:\n${distinct.map(toFileBlock).join('')}`)).toEqual(ended);
    }),
  );
});

function withEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

test('a name that cannot be quoted is printed so that it can do no harm', () => {
  expect(toFileBlock({ path: 'a`"\'\n```', content: 'x' })).toBe(
    '```text path="a\\u0060\\"\'\\n\\u0060\\u0060\\u0060"\nx\n```\n',
  );
});
