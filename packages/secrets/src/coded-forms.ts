/** Characters: a shorter part of an encoded text may be anything. */
const shortest = 8;

/** A value in base64 and hexadecimal, also as a part of a longer text that was encoded. */
export function codedForms(value: string): string[] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].flatMap((offset) => base64Forms(bytes, offset));
  return [...[hex, hex.toUpperCase()].filter(isLong), ...base64.filter(isLong).flatMap(alphabets)];
}

/** Padding tells nothing. */
function isLong(form: string): boolean {
  return form.replace(/=+$/, '').length >= shortest;
}

/**
 * The characters of an encoded text (RFC 4648) that come from these bytes alone, when so many of the bytes before them
 * share their group of three; and what is certain besides when the text ends with them.
 */
function base64Forms(bytes: Buffer, offset: number): string[] {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const start = Math.ceil((offset * 8) / 6);
  const inside = encoded.slice(start, Math.floor(((offset + bytes.length) * 8) / 6));
  const atEnd = encoded.slice(start);
  return [inside, atEnd.replace(/=+$/, ''), atEnd];
}

/** In the two alphabets of base64, and inside a URL. */
function alphabets(base64: string): string[] {
  return [base64, base64.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(base64)];
}
