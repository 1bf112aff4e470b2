// A server of tools: it speaks the Model Context Protocol over its standard input and output, and needs no package. Real
// ones are written with the official SDK, or just started: `command: npx`, `args: [-y, '@modelcontextprotocol/…']`.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const stock = JSON.parse(readFileSync('stock.json', 'utf8'));

const tools = {
  find: {
    description: 'Names of the teas in stock whose name or kind has this word.',
    inputSchema: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
    run: ({ word }) => stock.filter(({ name, kind }) => `${name} ${kind}`.includes(word)).map(({ name }) => name),
  },
  price: {
    description: 'What 100 g of a tea cost, in euros.',
    inputSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    run({ name }) {
      const tea = stock.find((one) => one.name === name);
      if (tea === undefined) throw new Error(`There is no tea ${name}.`);
      return tea.price;
    },
  },
};

const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'shop', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools: Object.entries(tools).map(([name, { run: _, ...tool }]) => ({ name, ...tool })) }),
  'tools/call': ({ name, arguments: args }) => call(tools[name], args),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const answer = answers[method];
  const error = { code: -32601, message: `There is no method ${method}.` };
  const reply = answer === undefined ? { error } : { result: answer(params) };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...reply })}\n`);
});

/** What goes wrong in a tool is told to the model, which may do better. */
function call(tool, args) {
  try {
    return { content: [{ type: 'text', text: JSON.stringify(tool.run(args)) }] };
  } catch (error) {
    return { content: [{ type: 'text', text: error.message }], isError: true };
  }
}
