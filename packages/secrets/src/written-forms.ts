/** A value as it is, and as programs write it where some of its characters have a meaning. Most often all are the same. */
export function writtenForms(value: string): string[] {
  return [value, asHost(value), ...jsonForms(value), ...urlForms(value), ...shellForms(value), ...xmlForms(value)];
}

/** In the host of a URL, which is told in lower case. */
function asHost(value: string): string {
  return value.toLowerCase();
}

const notAscii = /[\u0080-\uffff]/g;

/** Inside a string of JSON, as the writers of several languages escape it; and of JSON inside JSON. */
function jsonForms(value: string): string[] {
  const plain = inJson(value);
  const ascii = plain.replace(notAscii, lowerEscape);
  return [
    plain,
    ascii,
    plain.replace(notAscii, upperEscape),
    plain.replaceAll('/', '\\/'),
    ascii.replaceAll('/', '\\/'),
    plain.replace(/[<>&]/g, lowerEscape),
    plain.replace(/[<>&'+\u0080-\uffff]/g, upperEscape),
    inJson(plain),
    inJson(ascii),
  ];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function lowerEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function upperEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Beside letters and digits, what is left as it is: by encodeURIComponent, encodeURI, RFC 3986, for a path, by a form. */
const leftInUrls = ["-_.!~*'()", "-_.!~*'();,/?:@&=+$#", '-_.~', '-_.~/', '-_.*'];

function urlForms(value: string): string[] {
  const percent = leftInUrls.flatMap((left) => {
    const upper = value.replace(/[^a-z0-9]/giu, (character) =>
      left.includes(character) ? character : inUrl(character),
    );
    return [upper, upper.replace(/%../g, (byte) => byte.toLowerCase())];
  });
  return percent.flatMap((form) => [form, form.replaceAll('%20', '+')]);
}

function inUrl(character: string): string {
  return Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '%$&');
}

/** Inside the quotes of a shell, or without quotes; and inside single quotes as Python and JavaScript print them. */
function shellForms(value: string): string[] {
  return [
    value.replaceAll("'", `'\\''`),
    value.replaceAll("'", `'"'"'`),
    value.replace(/["$`\\]/g, '\\$&'),
    value.replace(/[^\w@%+=:,./\u0080-\uffff-]/g, '\\$&'),
    inJson(value).replaceAll('\\"', '"').replaceAll("'", "\\'"),
  ];
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function xmlForms(value: string): string[] {
  const inText = value.replace(/[&<>]/g, (character) => entities[character] ?? character);
  const quoted = inText.replaceAll('"', '&quot;');
  return [inText, quoted, ...['&#39;', '&#x27;', '&apos;'].map((apostrophe) => quoted.replaceAll("'", apostrophe))];
}
