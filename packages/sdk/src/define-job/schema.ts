import { OrchError } from '@orch/contracts';
import type { Json, JsonObject } from '@orch/contracts';

/** A schema of a library that can say itself as JSON Schema, as zod from 4.2 on can: https://standardschema.dev/json-schema */
interface StandardSchema<T = unknown> {
  readonly '~standard': {
    readonly types?: { readonly output: T } | undefined;
    readonly jsonSchema: {
      readonly output: (options: { readonly target: string }) => Readonly<Record<string, unknown>>;
    };
  };
}

/** A schema of a library, a JSON Schema, its shorthand (`{ title: 'string', tags: ['string'] }`), or a file with one. */
export type SchemaInput = StandardSchema | JsonObject | string;

/** What a value that fits the schema is. Of a JSON Schema nothing is known. */
export type SchemaValue<S> =
  S extends StandardSchema<infer T> ? T : S extends string | WrittenSchema ? Json : Shorthand<S>;

/** As the compiler tells a JSON Schema from the shorthand. */
type WrittenSchema =
  | { readonly $schema: unknown }
  | { readonly $ref: unknown }
  | { readonly type: 'object' | 'array' | readonly unknown[] }
  | { readonly properties: { readonly [name: string]: unknown } }
  | { readonly anyOf: readonly unknown[] }
  | { readonly oneOf: readonly unknown[] }
  | { readonly allOf: readonly unknown[] };

interface Words {
  readonly string: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly null: null;
  readonly any: Json;
}

type Shorthand<S> = S extends keyof Words
  ? Words[S]
  : S extends null
    ? null
    : S extends readonly [infer E]
      ? Shorthand<E>[]
      : S extends { readonly [name: string]: unknown }
        ? { -readonly [K in keyof S]: Shorthand<S[K]> }
        : Json;

/** The schema as the job language has it. Undefined for what no library made: it is in that language already. */
export function jsonSchemaOf(value: unknown, path: string): JsonObject | undefined {
  if (!isStandard(value)) return undefined;
  const { jsonSchema } = value['~standard'];
  if (jsonSchema === undefined) throw unable(path, 'its library cannot say it as JSON Schema');
  try {
    return jsonSchema.output({ target: 'draft-2020-12' }) as JsonObject;
  } catch (error) {
    throw unable(path, error instanceof Error ? error.message : String(error), error);
  }
}

function isStandard(value: unknown): value is { readonly '~standard': Partial<StandardSchema['~standard']> } {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}

function unable(path: string, why: string, cause?: unknown): OrchError {
  return new OrchError('spec', `${path}: expected a schema that JSON Schema (draft 2020-12) can express: ${why}.`, {
    hint: 'With zod, use version 4.2 or newer, and leave out what only code can check, such as transforms.',
    cause,
  });
}
