import { canonicalJson, sha256 } from '@orch/cache';
import type { BlobStore, Digest, JsonObject, Message, ModelRequest, ToolSpec } from '@orch/contracts';

type Asked = Pick<ModelRequest, 'messages' | 'schema' | 'tools'>;

type QuestionDigests = { readonly messages: JsonObject[]; readonly schema?: Digest; readonly tools?: Digest };

/** All of a question by digests, its bytes kept as blobs: `inputs` of what names its answer. */
export function digestQuestion({ messages, schema, tools }: Asked, blobs: Pick<BlobStore, 'put'>): QuestionDigests {
  const digests = digestTools(tools, blobs);
  return {
    messages: digestMessages(messages, blobs),
    ...(schema !== undefined && { schema: blobs.put(canonicalJson(schema)) }),
    ...(digests !== undefined && { tools: digests }),
  };
}

/**
 * A conversation as cache keys and recordings name it, its bytes kept as blobs. What the vendor calls a call is left
 * out: the same conversation has the same digests, whoever led it.
 */
export function digestMessages(messages: readonly Message[], blobs: Pick<BlobStore, 'put'>): JsonObject[] {
  return messages.map((message) => {
    const { role, content } = message;
    return { role, sha256: blobs.put(content), ...restOf(message, blobs) };
  });
}

export function digestTools(tools: readonly ToolSpec[] | undefined, blobs: Pick<BlobStore, 'put'>): Digest | undefined {
  return tools === undefined || tools.length === 0 ? undefined : blobs.put(canonicalJson(tools));
}

function restOf(message: Message, blobs: Pick<BlobStore, 'put'>): JsonObject {
  switch (message.role) {
    case 'system':
      return {};
    case 'user':
      return message.images === undefined || message.images.length === 0
        ? {}
        : {
            images: message.images.map(({ mediaType, data }) => ({
              media_type: mediaType,
              sha256: blobs.put(Buffer.from(data, 'base64')),
            })),
          };
    case 'assistant':
      return message.toolCalls === undefined
        ? {}
        : { tool_calls: message.toolCalls.map(({ name, arguments: args }) => ({ name, sha256: sha256(args) })) };
    case 'tool':
      return { tool: message.name, ...(message.isError === true && { is_error: true }) };
  }
}
