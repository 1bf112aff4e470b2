import { OrchError } from '@orch/contracts';
import type { Http, HttpRequest } from './http.ts';
import { recast } from './recast.ts';
import type { Advice } from './try-end.ts';

type Inquiry = Pick<HttpRequest, 'url' | 'headers' | 'body' | 'context'> & {
  /** Who is asked, for messages: `the server at http://127.0.0.1:8080`. */
  readonly who: string;
  /** Whether it names a model, which may be missing. */
  readonly namesModel: boolean;
  /** What to do about whatever keeps it from answering; `unconfigured` is a wrong address. */
  readonly advice: Advice;
};

/** Asks a service about itself. Throws `network` when nobody answers, and `unconfigured` when they know no such path. */
export async function inquire(http: Http, { who, namesModel, advice, ...request }: Inquiry): Promise<unknown> {
  try {
    return await http.json({ ...request, mayRetry });
  } catch (error) {
    if (!OrchError.is(error)) throw error;
    if (isSilence(error)) throw notThere(who, error, advice);
    const told = error.code === 'model_missing' && !namesModel ? elsewhere(error) : error;
    const hint = advice(told.code === 'bad_response' ? elsewhere(told) : told);
    throw hint === undefined ? told : recast(told, { hint });
  }
}

function mayRetry({ code }: OrchError): boolean {
  return code === 'rate_limit' || code === 'server';
}

function isSilence({ code, details }: OrchError): boolean {
  return (code === 'network' || code === 'timeout') && details?.['status'] === undefined;
}

function notThere(who: string, cause: OrchError, advice: Advice): OrchError {
  const hint = advice(cause) ?? cause.hint;
  return new OrchError('network', `Expected ${who} to answer. ${cause.message}`, { hint, retryable: false, cause });
}

/** Whoever was asked for no model cannot miss one: somebody else stands there. */
function elsewhere({ message, details, cause }: OrchError): OrchError {
  return new OrchError('unconfigured', message, { details, cause });
}
