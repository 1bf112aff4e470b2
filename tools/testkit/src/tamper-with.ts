import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LLMock } from '@copilotkit/aimock';

/**
 * Passes each piece that the mock streams through this before it leaves, in their order: of itself the mock spoils only
 * whole answers, and pauses by the real clock only. Server, protocol and framing stay its own.
 */
export function tamperWith(mock: LLMock, change: (piece: string) => string | Promise<string>): void {
  const handleRequest = async (_: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const write = response.write.bind(response);
    const end = response.end.bind(response);
    let sent: Promise<unknown> = Promise.resolve();
    response.write = (piece: string) => {
      sent = sent.then(async () => write(await change(piece)));
      return true;
    };
    response.end = () => {
      void sent.then(() => end());
      return response;
    };
    return false;
  };
  mock.mount('', { handleRequest });
}
