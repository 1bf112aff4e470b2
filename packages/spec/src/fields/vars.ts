import type { JsonObject } from '@orch/contracts';
import { inside } from '../source/written.ts';
import { anything, expected } from './type.ts';
import type { Type } from './type.ts';

const NAME = /^[A-Za-z_][\w-]*$/;

/** Values by names that templates can use. */
export const vars: Type<JsonObject> = {
  schema: { type: 'object', propertyNames: { pattern: NAME.source } },
  read: (written, path, problems) => {
    if (written.type !== 'map') return expected('a map of names and values', written, { path, problems });
    for (const { key, keySpan } of written.entries) {
      if (NAME.test(key)) continue;
      const message = `${inside(path, key)}: expected a name that templates can use: letters, digits, _ and -`;
      problems.add(keySpan[0], { code: 'bad_value', message });
    }
    return anything.read(written, path, problems) as JsonObject;
  },
};
