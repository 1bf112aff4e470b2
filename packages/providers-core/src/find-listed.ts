import { OrchError } from '@orch/contracts';
import type { CheckedModel, ErrorCode, ModelInfo } from '@orch/contracts';
import type { Advice } from './try-end.ts';

type Listing = {
  readonly baseUrl: string;
  /** Throws `bad_response` when what the server has in its place is no list. */
  readonly list: () => Promise<readonly ModelInfo[]>;
  /** What to do about `model_missing`, and about `unconfigured`: a wrong address. */
  readonly advice: Advice;
};

/**
 * A model in the list of a server. One that is not there is `model_missing`; a server that has no list, or an empty
 * one, leaves it in doubt.
 */
export async function findListed(model: string, { list, ...about }: Listing): Promise<CheckedModel> {
  try {
    const models = await list();
    const found = models.find(({ id }) => id === model);
    if (found === undefined && models.length > 0) throw notAmong(models, model, about);
    if (found === undefined) return { model, doubt: noneListed(model, about) };
    return { model, ...(found.contextTokens !== undefined && { contextTokens: found.contextTokens }) };
  } catch (error) {
    if (OrchError.is(error) && lacksList(error)) return { model, doubt: unlisted(error, about) };
    throw error;
  }
}

type About = Omit<Listing, 'list'>;

function notAmong(models: readonly ModelInfo[], model: string, { baseUrl, advice }: About): OrchError {
  const some = models.slice(0, 10).map(({ id }) => id);
  const more = models.length > 10 ? `, and ${models.length - 10} more` : '';
  const message = `Expected the server at ${baseUrl} to have the model ${model}, it has ${some.join(', ')}${more}.`;
  return advised('model_missing', message, (error) => advice(error) ?? 'Name one of these.');
}

function noneListed(model: string, { baseUrl, advice }: About): OrchError {
  const message = `Expected the server at ${baseUrl} to list the model ${model}, its list is empty.`;
  return advised('model_missing', message, (error) => advice(error) ?? 'Load it there, or check the base URL.');
}

function lacksList({ code, details }: OrchError): boolean {
  return code === 'bad_response' || [404, 405, 501].includes(Number(details?.['status']));
}

function unlisted({ message }: OrchError, { baseUrl, advice }: About): OrchError {
  const said = `Expected the server at ${baseUrl} to list its models. ${message}`;
  const mayBeRight = 'A server that lists no models may answer all the same.';
  return advised('unconfigured', said, (error) => `${advice(error) ?? ''} ${mayBeRight}`.trimStart());
}

function advised(code: ErrorCode, message: string, advice: Advice): OrchError {
  return new OrchError(code, message, { hint: advice(new OrchError(code, message)) });
}
