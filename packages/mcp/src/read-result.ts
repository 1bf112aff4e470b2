import { StringDecoder } from 'node:string_decoder';
import type { ToolResult } from '@orch/contracts';

/** Bytes of a result; the rest is left out. */
const mostBytes = 256 * 1024;

type Part = { readonly [field: string]: unknown };

/** A result of `tools/call` as text. Secrets are hidden before anything is cut. */
export function readResult(result: unknown, hide: (text: string) => string): ToolResult {
  const { content, structuredContent, isError } = result as Part;
  const parts = Array.isArray(content) ? content.filter(isPart) : [];
  const texts = parts.map(textOf);
  const hasText = parts.some((part) => isText(part) || isText(part['resource']));
  const isOther = !Array.isArray(content) && structuredContent === undefined;
  if (isOther) texts.push(JSON.stringify(result));
  else if (!hasText && structuredContent !== undefined) texts.push(JSON.stringify(structuredContent));
  return { text: cut(hide(texts.join('\n').toWellFormed())), isError: isError === true };
}

function isPart(part: unknown): part is Part {
  return typeof part === 'object' && part !== null;
}

function isText(part: unknown): part is { readonly text: string } {
  return isPart(part) && typeof part['text'] === 'string';
}

/** Models are given text: of all else they are told that it is there. */
function textOf(part: Part): string {
  const { type, data, mimeType, uri, name, resource } = part;
  if (isText(part)) return part.text;
  if (isPart(resource)) return ofResource(resource);
  if (typeof data === 'string') return `[${words(type, mimeType)}, ${bytesOf(data)} bytes, left out]`;
  if (type === 'resource_link') return `[${words('link to', name, uri, mimeType)}]`;
  return `[${words(type ?? 'something')}, left out]`;
}

function ofResource(resource: Part): string {
  const { uri, mimeType, blob } = resource;
  if (isText(resource)) return `[${words('resource', uri, mimeType)}]\n${resource.text}`;
  const size = typeof blob === 'string' ? `, ${bytesOf(blob)} bytes` : '';
  return `[${words('resource', uri, mimeType)}${size}, left out]`;
}

function words(...all: readonly unknown[]): string {
  return all.filter((word) => typeof word === 'string').join(' ');
}

function bytesOf(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}

function cut(text: string): string {
  const size = Buffer.byteLength(text);
  if (size <= mostBytes) return text;
  const kept = new StringDecoder('utf8').write(Buffer.from(text).subarray(0, mostBytes));
  return `${kept}\n[… ${size - Buffer.byteLength(kept)} bytes left out …]`;
}
