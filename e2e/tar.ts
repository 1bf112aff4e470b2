import { gzipSync } from 'node:zlib';

/** An entry as anybody may write it, whether it can be or not. `type` as in the header: 0 a file, 2 a symbolic link, 5 a folder. */
export type TarEntry = {
  readonly name: string;
  readonly content?: string;
  readonly type?: string;
  readonly link?: string;
};

/** A compressed tar of just these entries: https://www.gnu.org/software/tar/manual/html_node/Standard.html */
export function tarGz(entries: readonly TarEntry[]): Buffer {
  return gzipSync(Buffer.concat([...entries.flatMap(blocks), Buffer.alloc(1024)]));
}

function blocks(entry: TarEntry): Buffer[] {
  const content = Buffer.from(entry.content ?? '');
  return [header(entry, content.length), content, Buffer.alloc(-content.length & 511)];
}

function header({ name, type = '0', link = '' }: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  block.write(name, 0, 100);
  block.write(octal(0o644, 7), 100);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(`        ${type}${link}`, 148);
  block.write('ustar\x0000', 257);
  block.write(
    octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    ),
    148,
  );
  return block;
}
