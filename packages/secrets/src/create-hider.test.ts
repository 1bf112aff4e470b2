import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { createHider } from './create-hider.ts';

const token = 'ghp_R2/d2+Zk9=x~Q4';
const awkward = `it's "50%" <ü> & more\\`;
const pem = [
  '-----BEGIN PRIVATE KEY-----',
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC',
  'QsXNmXkq3RzL',
  '-----END PRIVATE KEY-----',
];

const hide = (text: string, ...secrets: string[]): string => createHider(secrets).text(text);
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('a secret is hidden', () => {
  test.each([
    ['as it is', token, token],
    ['in JSON', awkward, json(awkward)],
    ['in JSON inside JSON', awkward, json(json(awkward))],
    ['in JSON of ASCII, as Python writes it', awkward, json(awkward).replace('ü', '\\u00fc')],
    [
      'in JSON as Go writes it',
      awkward,
      json(awkward).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    ],
    ['in JSON as PHP writes it', `${token}/ü`, `${token}/\\u00fc`.replaceAll('/', '\\/')],
    ['in JSON with slashes escaped', `${token}/ü`, `${token}/ü`.replaceAll('/', '\\/')],
    ['in JSON as .NET writes it', token, token.replace('+', '\\u002B')],
    ['as a part of a URL', awkward, encodeURIComponent(awkward)],
    ['as a part of a URL in lower case', awkward, encodeURIComponent(awkward).replace(/%../g, (c) => c.toLowerCase())],
    ['as a URL', awkward, encodeURI(awkward)],
    ['in a form', awkward, new URLSearchParams({ x: awkward }).toString().slice(2)],
    ['in hexadecimal', awkward, Buffer.from(awkward).toString('hex')],
    ['in hexadecimal in upper case', awkward, Buffer.from(awkward).toString('hex').toUpperCase()],
    ['in base64', awkward, base64(awkward)],
    ['in base64 without padding', awkward, base64(awkward).replace(/=+$/, '')],
    ['in base64url', token, Buffer.from(token).toString('base64url')],
    ['in base64 as a part of a URL', awkward, encodeURIComponent(base64(awkward))],
    ['in single quotes of a shell', awkward, awkward.replace("'", `'\\''`)],
    ['in single quotes, as Python does it', awkward, awkward.replace("'", `'"'"'`)],
    ['in double quotes of a shell', awkward, awkward.replace(/["\\]/g, '\\$&')],
    ['in XML', awkward, 'it&apos;s &quot;50%&quot; &lt;ü&gt; &amp; more\\'],
    ['without the blanks around it', '  hunter-2\n', 'hunter-2'],
    ['as the host of a URL', 'Key-With-Capitals', new URL('http://Key-With-Capitals/').host],
    ['that is a whole header, without its scheme', `Bearer ${token}`, token],
    ['that is a whole header, without its scheme, in base64', `bearer  ${token}\n`, base64(token)],
    ['of a header with Basic credentials', `Basic ${base64(`me:${token}`)}`, base64(`me:${token}`)],
    ['of a header with Basic credentials, decoded', `Basic ${base64(`me:${token}`)}`, `me:${token}`],
    ['of a header with Basic credentials, the password alone', `Basic ${base64(`me:${token}`)}`, token],
  ])('%s', (_, secret, written) => {
    expect(hide(`before ${written} after`, secret)).toBe('before *** after');
  });

  test('as a shell prints it', () => {
    const secret = `a'b"c $HOME\\`;
    const line = execFileSync('/bin/bash', ['-c', 'printf "%q" "$1"', '-', secret], { encoding: 'utf8' });
    expect(hide(line, secret)).toBe('***');
  });

  test('as Basic credentials: all that comes from it alone', () => {
    const header = `Authorization: Basic ${base64(`user:${token}`)}`;
    expect(hide(header, token)).toMatch(/^Authorization: Basic dXNlc.{1,2}\*\*\*$/);
  });

  test('in base64 and hexadecimal that is broken into lines', () => {
    const long = token.repeat(9);
    const wrapped = base64(`x${long}y`).replace(/.{19}/g, '$&\n  ');
    expect(hide(wrapped, long)).toMatch(/^.{1,2}\*\*\*.{1,4}$/);
    expect(hide('67 68 70 5f 52 32\r\n2f 64 32', 'ghp_R2/d2')).toBe('***');
  });
});

test('of several lines, each long one is hidden alone; those around a key are not', () => {
  const [begin, first, last, end] = pem as [string, string, string, string];
  const key = pem.join('\n');
  expect(hide(`${key}\n`, key)).toBe('***\n');
  for (const secret of [key, json(key), key.replaceAll('\n', '\r\n')]) {
    expect(hide(`  ${first}  ${last} ${base64(first)} ${json(json(key))}`, secret)).not.toContain(first.slice(1, -1));
    expect(hide([begin, first, last, end].join('\r\n\t'), secret)).toBe([begin, '***', last, end].join('\r\n\t'));
  }
});

test('of values that contain each other or overlap, all is hidden', () => {
  expect(hide('<abcdefgh> <abcdefghijkl>', 'abcdefgh', 'abcdefghijkl')).toBe('<***> <***>');
  expect(hide('<abcdefghijklmnop>', 'abcdefghij', 'ghijklmnop', 'efgh')).toBe('<***>');
  expect(hide('<abcdefghijklmno>', 'abcdefgh', 'hijklmno')).toBe('<***>');
  expect(hide('<xabcdefghy>', 'xabcdefghijk', 'abcdefgh')).toBe('<x***y>');
  expect(hide('<aaaaaaaaaaa>', 'aaaaaaaa')).toBe('<***>');
  expect(hide('abcdefgh'.repeat(2), 'abcdefgh')).toBe('******');
});

test('a mask leaves no half of an escape sequence before it', () => {
  expect(hide(JSON.stringify('\nnnnnnnnn'), 'nnnnnnnn')).toBe('"***"');
  expect(hide('"\\u00e9e9e9e9e9"', 'e9e9e9e9')).toBe('"***"');
  expect(hide('"\\u00e9abcdefg"', '9abcdefg')).toBe('"***"');
  expect(hide('"\\\\nnnnnnnn"', 'nnnnnnnn')).toBe('"\\\\***"');
});

test('of a short value only its text is looked for: its code may be anything', () => {
  expect(hide('abc 616263 YWJj', 'abc')).toBe('*** 616263 YWJj');
  expect(hide('a YQ== YQ%3D%3D', 'a')).toBe('*** YQ== YQ%3D%3D');
});

test('what holds no secret comes back as it was, the same object', () => {
  const bytes = Buffer.from([0xff, 0x00, 0xc3]);
  for (const secrets of [[], ['', '  \n ', '***', '********'], [token, awkward]]) {
    const hider = createHider(secrets);
    const text = `${'*'.repeat(9)} ${' '.repeat(9)}`;
    expect(hider.text(text)).toBe(text);
    expect(hider.bytes(bytes)).toBe(bytes);
  }
});

test('bytes around a secret stay as they are, whatever they mean', () => {
  const hider = createHider([awkward]);
  const noise = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80]);
  const hidden = hider.bytes(new Uint8Array(Buffer.concat([noise, Buffer.from(awkward), noise])));
  expect(Buffer.from(hidden)).toEqual(Buffer.concat([noise, Buffer.from('***'), noise]));
});

describe('a stream', () => {
  const pushAll = (pieces: readonly string[], ...secrets: string[]): string[] => {
    const stream = createHider(secrets).stream();
    return [...pieces.map((piece) => stream.push(piece)), stream.end()];
  };

  test('holds back what may be the start of a secret, and nothing else', () => {
    expect(pushAll(['say g', 'hp and g', 'hp_12', '3 go'], 'ghp_123')).toEqual(['say ', 'ghp and ', '', '*** go', '']);
    expect(pushAll(['ends with gh', 'p_'], 'ghp_123')).toEqual(['ends with ', '', 'ghp_']);
  });

  test('waits with a secret that may be a part of a longer one', () => {
    expect(pushAll(['ghp_123', '45', '!'], 'ghp_123', 'ghp_123456')).toEqual(['', '', '***45!', '']);
    expect(pushAll(['abcdefgh', 'ijklmn', '!'], 'abcdefgh', 'ghijklmn').join('')).toBe('***!');
  });

  test('does not wait when a secret is whole', () => {
    expect(pushAll(['ghp_123', 'x'], 'ghp_123')).toEqual(['***', 'x', '']);
    expect(pushAll([Buffer.from(token).toString('hex'), 'x'], token)).toEqual(['***', 'x', '']);
  });

  test('does not part the two halves of a character', () => {
    const [high, low] = ['\u{1f511}'.slice(0, 1), '\u{1f511}'.slice(1)];
    expect(pushAll([`a${high}`, `${low}b`], token)).toEqual(['a', '\u{1f511}b', '']);
    expect(pushAll([high], token)).toEqual(['', high]);
  });

  test('starts anew when it was ended', () => {
    const stream = createHider([token]).stream();
    stream.push(token.slice(0, 5));
    expect(stream.end()).toBe(token.slice(0, 5));
    expect(stream.push(`${token.slice(5)} `) + stream.end()).toBe(`${token.slice(5)} `);
  });
});
