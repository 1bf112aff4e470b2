import { AssertionError } from 'liquidjs';
import { OrchError } from '@orch/contracts';

/** What is wrong with a template, and at which character of it. */
type TemplateFault = { readonly message: string; readonly index: number };

type LiquidFault = Error & {
  readonly originalError?: Error;
  readonly token: { readonly input: string; readonly begin: number };
};

/** Undefined for an error that does not come from the template language. */
export function templateFault(error: unknown): TemplateFault | undefined {
  if (rootCause(error) instanceof RangeError) return { message: 'nested too deeply', index: 0 };
  if (error instanceof AssertionError) return { message: error.message, index: 0 };
  if (!isLiquidFault(error)) return undefined;
  const message = (error.originalError ?? error).message.replace(/, line:\d+, col:\d+$/, '');
  return { message, index: error.token.begin };
}

/** An error of rendering as the engine reports it; one of a lazily read value passes as it is. */
export function renderError(error: unknown, template: string, path: string): OrchError {
  const cause = rootCause(error);
  if (OrchError.is(cause)) return cause;
  const fault = templateFault(error);
  if (fault === undefined) return OrchError.from(error);
  const line = template.slice(0, fault.index).split('\n').length;
  const where = `${path === '' ? 'template' : path}, line ${line}`;
  return new OrchError('template', `${where}: ${fault.message}`, { cause: error });
}

function rootCause(error: unknown): unknown {
  let cause = error;
  while (isLiquidFault(cause) && cause.originalError !== undefined) cause = cause.originalError;
  return cause;
}

const isLiquidFault = (error: unknown): error is LiquidFault =>
  error instanceof Error && 'token' in error && typeof (error.token as { begin?: unknown }).begin === 'number';
