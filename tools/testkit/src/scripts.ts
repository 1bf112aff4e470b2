import type { ServerResponse } from 'node:http';
import type { Seen } from './serve.ts';

/** How a server answers one request. */
export type Script = (response: ServerResponse, asked: Seen) => void;

/** Whatever is asked. */
export type Answer = (response: ServerResponse) => void;

/** A stream of these pieces, one by one, whole unless `isWhole` says that it stays open. */
export const streams =
  (contentType: string, pieces: readonly string[], isWhole = true): Answer =>
  (response) => {
    if (!response.headersSent) response.setHeader('content-type', contentType);
    for (const piece of pieces) response.write(piece);
    if (isWhole) response.end();
  };

/** Sends these pieces, then closes the connection in the middle. */
export const breaksOff =
  (contentType: string, pieces: readonly string[]): Answer =>
  (response) => {
    response.setHeader('content-type', contentType);
    response.write(pieces.join(''), () => response.destroy());
  };

/** A short answer, or a failure. */
export const responds =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
