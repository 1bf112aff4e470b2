/** A schema that every vendor can hold an answer to. */
export const titleSchema = {
  type: 'object',
  properties: { title: { type: 'string' } },
  required: ['title'],
  additionalProperties: false,
};

/** How a schema is told to a model whose server does not hold answers to it. */
export const toldTitleSchema = `Answer with nothing but JSON that fits this JSON Schema:\n${JSON.stringify(titleSchema)}`;

const named = { name: 'weather', description: 'The weather of a town.' };
const parameters = { type: 'object' as const, properties: { town: { type: 'string' } }, required: ['town'] };

export const weather = { ...named, inputSchema: parameters };

/** The same tool, as OpenAI's kind of server is told of it. */
export const weatherFunction = { type: 'function' as const, function: { ...named, parameters } };

/** A PNG of one dot, in base64. */
export const dotPng = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=';
