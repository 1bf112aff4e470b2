import { posix } from 'node:path';
import type { Json, JsonObject, ToolServer } from '@orch/contracts';
import type { Draft, DraftStep } from '../fields/draft.ts';
import { isTool, serverOf, usualRounds } from '../fields/kinds/tools.ts';
import type { Problems } from '../source/problems.ts';
import { suggest } from '../source/suggest.ts';
import { inside } from '../source/written.ts';
import { placeOf } from './place.ts';

type Servers = Draft['mcp'];

/** Notes tools of servers that the job does not have. */
export function checkTools({ steps, mcp }: Pick<Draft, 'steps' | 'mcp'>, problems: Problems): void {
  const names = Object.keys(mcp);
  const there = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
  for (const { step, server, place, offset } of steps.flatMap((step) => namedServers(step, problems))) {
    if (step.kind !== 'llm' || Object.hasOwn(mcp, server)) continue;
    const message = `${place.path}: no server ${JSON.stringify(server)} under mcp${suggest(server, names)}; ${there}`;
    place.problems.add(offset, { code: 'bad_value', message });
  }
}

function namedServers(step: DraftStep, problems: Problems) {
  const entry = step.written.get('tools');
  if (entry?.value.type !== 'list') return [];
  const { path, problems: own } = placeOf(step, entry, problems);
  return entry.value.items.flatMap((item, at) => {
    if (item.type !== 'scalar' || !isTool(item.value)) return [];
    const place = { path: inside(path, at), problems: own };
    return [{ step, server: serverOf(item.value), place, offset: item.span[0] }];
  });
}

/** The fields of a step whose tools stand with the servers that they name, and how often they are called. */
export function withServers(fields: JsonObject, { mcp }: Pick<Draft, 'mcp'>): JsonObject {
  const { tools, tool_rounds: rounds = usualRounds, ...rest } = fields;
  if (!Array.isArray(tools)) return fields;
  if (tools.length === 0) return rest;
  const allow = (tools as readonly string[]).toSorted();
  const names = [...new Set(allow.map(serverOf))];
  const servers = Object.fromEntries(names.map((name) => [name, mcp[name] as unknown as Json]));
  return { ...rest, tools: { allow, servers, rounds } };
}

/** The servers that compiled steps have. */
export function serversIn(steps: readonly { readonly fields: JsonObject }[]): Servers {
  return Object.assign({}, ...steps.map(({ fields }) => serversOf(fields))) as Servers;
}

/** The servers that a compiled step names. */
export function serversOf({ tools }: JsonObject): Servers {
  const { servers = {} } = (tools ?? {}) as { readonly servers?: Servers };
  return servers;
}

/** Servers of a pipeline that lies in another folder than the job. */
export function serversBelow(folder: string, servers: Servers): Servers {
  if (folder === '.') return servers;
  return Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, below(folder, server)]));
}

function below(folder: string, server: ToolServer): ToolServer {
  return 'url' in server ? server : { ...server, cwd: posix.join(folder, server.cwd ?? '.') };
}
