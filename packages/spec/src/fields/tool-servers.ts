import type { ToolServer } from '@orch/contracts';
import { inside } from '../source/written.ts';
import type { WrittenMap } from '../source/written.ts';
import { environment } from './environment.ts';
import { headers } from './headers.ts';
import { baseUrl } from './provider-choice.ts';
import { field, readFields, shapeSchema } from './read-fields.ts';
import { expected, listOf, mapOf, nonEmptyText, text } from './type.ts';
import type { At, Type } from './type.ts';
import { untemplated } from './untemplated.ts';
import { id, jobPath } from './words.ts';

const started = {
  command: field(nonEmptyText, 'A program that speaks MCP over its standard input and output.'),
  args: field(listOf(text, 'strings'), 'Its arguments.', { default: [] }),
  env: field(environment, 'Environment on top of that of every command; {secret: NAME} hands over a secret.'),
  cwd: field(jobPath, 'The folder it runs in, from that of the job file.'),
};
const reached = {
  url: field(baseUrl, 'Where a server that speaks MCP over HTTP listens.'),
  headers: field(headers, 'Sent with every request; {secret: NAME} hands over a secret.'),
};
const shape = { ...started, ...reached };
const what = 'a map with command (args, env, cwd) or url (headers)';

const server: Type<ToolServer> = untemplated({
  schema: { anyOf: [shapeSchema(started, ['command']), shapeSchema(reached, ['url'])] },
  read: (written, path, problems) => {
    if (written.type !== 'map') return expected(what, written, { path, problems });
    const { command, args, env, cwd, url, headers: sent } = readFields(written, { shape }, { path, problems });
    if (!isOneForm(written, { path, problems })) return undefined;
    if (url !== undefined) return { url, ...(sent !== undefined && { headers: sent }) };
    if (command === undefined) return undefined;
    return { command, ...(args?.length && { args }), ...(env && { env }), ...(cwd !== undefined && { cwd }) };
  },
});

/** Servers of tools by the names that steps use. */
export const toolServers: Type<Readonly<Record<string, ToolServer>>> = {
  schema: { type: 'object', propertyNames: id.schema, additionalProperties: server.schema },
  read: (written, path, problems) => {
    if (written.type !== 'map') return expected('a map of names and servers', written, { path, problems });
    for (const { key, keySpan } of written.entries) {
      id.read({ type: 'scalar', span: keySpan, value: key }, inside(path, key), problems);
    }
    return mapOf(server, 'names and servers').read(written, path, problems);
  },
};

/** Whether it is either started or reached, and has no field of the other form. */
function isOneForm(written: WrittenMap, { path, problems }: At): boolean {
  const has = (key: string): boolean => written.entries.some((entry) => entry.key === key);
  if (!has('command') && !has('url')) {
    problems.add(written.span[0], { code: 'missing', message: `${path}: expected ${what}, got one without both` });
    return false;
  }
  const [form, others] = has('command') ? (['command', reached] as const) : (['url', started] as const);
  const stranger = written.entries.find(({ key }) => Object.hasOwn(others, key));
  if (stranger === undefined) return true;
  const message = `${inside(path, stranger.key)}: does not go with ${form}; a server has either command or url`;
  problems.add(stranger.keySpan[0], { code: 'conflict', message });
  return false;
}
