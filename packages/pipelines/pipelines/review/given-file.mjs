/**
 * Hands over the path of one of the given files.
 *
 * @param {{ item: { path: string } }} context
 */
export default function givenFile({ item }) {
  return item.path;
}
