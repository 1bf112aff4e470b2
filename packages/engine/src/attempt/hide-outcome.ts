import { OrchError } from '@orch/contracts';
import type { Hider, Json, JsonObject, Outcome } from '@orch/contracts';
import { hideError, hideValue } from '@orch/secrets';

/** What a kind of step came to, without the secrets in it: before it is stored, compiled, or cut. */
export function hideOutcome(outcome: Outcome<Json>, hider: Hider): Outcome<Json> {
  if (outcome.status === 'failed') {
    const { error, extra } = outcome;
    return { status: 'failed', error: hideError(error, hider), ...(extra && { extra: hideValue(extra, hider) }) };
  }
  const hidden = hideValue(outcome, hider);
  if (outcome.status === 'succeeded' && hidden !== outcome) refuseInCommands(outcome.steps ?? {}, hider);
  return hidden;
}

/** With `***` in it, a command would be another one. */
function refuseInCommands(steps: JsonObject, hider: Hider): void {
  for (const [id, step] of Object.entries(steps)) {
    const { run, command, args, cwd } = (step ?? {}) as JsonObject;
    const texts = [run, command, args, cwd].flat().filter((text) => typeof text === 'string');
    if (texts.every((text) => hider.text(text) === text)) continue;
    throw new OrchError('spec', `Expected no secret in the command of step ${hider.text(id)}, there is one.`, {
      hint: 'Hand it over: env: { NAME: { secret: NAME } }, and name the variable in the command.',
    });
  }
}
