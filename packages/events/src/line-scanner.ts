const quote = 34;
const comma = 44;
const zero = 48;
const nine = 57;
const colon = 58;
const openBracket = 91;
const backslash = 92;
const openBrace = 123;
const closeBrace = 125;

/** A member of an object, by its name and by its key as it stands in a line: `"name":`. */
export type Member = { readonly name: string; readonly key: string };

/** Walks along the bytes of one line of JSON and makes values of those alone that are asked for. */
export class LineScanner {
  #line: Buffer = Buffer.alloc(0);
  #at = 0;

  start(line: Buffer): void {
    this.#line = line;
    this.#at = 0;
  }

  /** Whether this text, all ASCII, stands there. */
  has(text: string, at: number): boolean {
    for (let n = 0; n < text.length; n++) if (this.#line[at + n] !== text.charCodeAt(n)) return false;
    return true;
  }

  /** Steps over this text, all ASCII, if it comes next. */
  skip(text: string): boolean {
    if (!this.has(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** The digits that come next, as a number; undefined when it would not be exact. */
  integer(): number | undefined {
    let value = 0;
    for (let byte = this.#line[this.#at] ?? 0; byte >= zero && byte <= nine; byte = this.#line[++this.#at] ?? 0) {
      value = 10 * value + (byte - zero);
    }
    return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
  }

  /** So many characters, all ASCII. */
  text(length: number): string {
    return this.#line.toString('latin1', this.#at, (this.#at += length));
  }

  /** The string that comes next, `likely` itself if it is equal; undefined when it is none. */
  string(likely = ''): string | undefined {
    const from = this.#at;
    if (likely !== '' && this.#isPlain(likely)) return likely;
    const plain = this.skipString();
    if (plain === undefined) return undefined;
    if (plain) return this.#line.toString('latin1', from + 1, this.#at - 1);
    return JSON.parse(this.#line.toString('utf8', from, this.#at)) as string;
  }

  /** Steps over the string that comes next, and says whether it is written as it reads; undefined when it is none. */
  skipString(): boolean | undefined {
    let at = this.#at;
    if (this.#line[at] !== quote) return undefined;
    let plain = true;
    for (let byte = this.#line[++at]; byte !== quote; byte = this.#line[++at]) {
      if (byte === undefined) return undefined;
      if (byte === backslash) at += 1;
      if (byte === backslash || byte < 32 || byte > 126) plain = false;
    }
    this.#at = at + 1;
    return plain;
  }

  /**
   * Values of members of the object that was entered, read no further than to the last one asked for. Undefined when
   * an array or an object comes before that.
   */
  members(wanted: readonly Member[]): Record<string, unknown> | undefined {
    const found: Record<string, unknown> = {};
    for (let missing = wanted.length; missing > 0; this.#at += 1) {
      const member = this.#oneOf(wanted);
      if (member) {
        missing -= 1;
        if ((found[member.name] = this.#scalar()) === undefined) return undefined;
      } else if (!this.#skipMember()) return undefined;
      if (this.#line[this.#at] === closeBrace) break;
      if (this.#line[this.#at] !== comma) return undefined;
    }
    return found;
  }

  /** Steps over the string that comes next if it is this text, written as it reads. */
  #isPlain(text: string): boolean {
    const from = this.#at + 1;
    const to = from + text.length;
    if (this.#line[to] !== quote) return false;
    for (let n = 0; n < text.length; n++) {
      const code = text.charCodeAt(n);
      if (this.#line[from + n] !== code || code === backslash || code > 126) return false;
    }
    this.#at = to + 1;
    return true;
  }

  #oneOf(members: readonly Member[]): Member | undefined {
    for (const member of members) if (this.skip(member.key)) return member;
    return undefined;
  }

  /** The string, number, boolean or null that comes next; undefined for anything else. */
  #scalar(): unknown {
    const from = this.#at;
    const first = this.#line[from];
    if (first === quote) return this.string();
    if (first !== undefined && first > zero && first <= nine) {
      const value = this.integer();
      const next = this.#line[this.#at];
      if (value !== undefined && (next === comma || next === closeBrace)) return value;
    }
    if (!this.#skipLiteral()) return undefined;
    return JSON.parse(this.#line.toString('latin1', from, this.#at));
  }

  #skipMember(): boolean {
    if (this.skipString() === undefined || this.#line[this.#at] !== colon) return false;
    this.#at += 1;
    return this.#line[this.#at] === quote ? this.skipString() !== undefined : this.#skipLiteral();
  }

  /** Steps over a number, a boolean or null. */
  #skipLiteral(): boolean {
    for (let byte = this.#line[this.#at]; byte !== comma && byte !== closeBrace; byte = this.#line[++this.#at]) {
      if (byte === undefined || byte === quote || byte === openBrace || byte === openBracket) return false;
    }
    return true;
  }
}
