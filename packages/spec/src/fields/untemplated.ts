import { inside } from '../source/written.ts';
import type { Written } from '../source/written.ts';
import type { At, Type } from './type.ts';
import { hasTags } from './words.ts';

/** The type for a place that is read before any step has values: tags anywhere in it are refused. */
export const untemplated = <T>(type: Type<T>): Type<T> => ({
  schema: type.schema,
  read: (written, path, problems) => {
    refuseTags(written, { path, problems });
    return type.read(written, path, problems);
  },
});

function refuseTags(written: Written, { path, problems }: At): void {
  if (written.type === 'list') {
    written.items.forEach((item, at) => refuseTags(item, { path: inside(path, at), problems }));
  } else if (written.type === 'map') {
    for (const { key, value } of written.entries) refuseTags(value, { path: inside(path, key), problems });
  } else if (written.type === 'scalar' && typeof written.value === 'string' && hasTags(written.value)) {
    const message = `${path}: templates are not rendered here`;
    const hint = 'it is the same for all steps; a value of the environment is {secret: NAME}';
    problems.add(written.span[0], { code: 'template', message, hint });
  }
}
