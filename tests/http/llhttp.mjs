// SPDX-License-Identifier: Apache-2.0
// Our HTTP/1.1 parser against llhttp, the one inside Node, on generated and mutated streams.
// The rule: what we accept, llhttp accepts, with the same method, target, fields, body, and end of
// each message. We may refuse more. Usage: node llhttp.mjs TRANSCRIBE [CASES [SEED]]
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.noDeprecation = true;
// Before 8 it read bodies of 1xx, 204 and 304 answers, which have none (Debian 12's Node).
if (Number.parseInt(process.versions.llhttp, 10) < 8) {
  console.log(`skipped: llhttp ${process.versions.llhttp} is too old to judge`);
  process.exit(77);
}
const { HTTPParser, allMethods, methods } = process.binding('http_parser');
const [transcribe, cases = '20000', seed = '1'] = process.argv.slice(2);

// ---- a generator that can be repeated ----------------------------------------------------------

let state = BigInt(seed) * 6364136223846793005n + 1442695040888963407n;
const random = (n) => {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return Number((state >> 33n) % BigInt(n));
};
const pick = (list) => list[random(list.length)];
const maybe = (percent, text) => (random(100) < percent ? text : '');

const values = ['chunked', 'Chunked', 'gzip', 'gzip, chunked', 'chunked, chunked', 'identity', '0', '5', '05', '+5',
  '-1', '0x5', '5, 5', '99999999999999999999', 'close', 'keep-alive', 'upgrade', 'close, keep-alive', '100-continue',
  'a.example', 'b.example', 'caf\xe9', 'x'.repeat(70), '', ' ', '\t x \t', '"quoted"', 'a;b=c'];
const names = ['Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Expect', 'X-A', 'Upgrade', 'TE', 'Trailer',
  'Proxy-Connection', 'Keep-Alive', 'content-length', 'X_b', "!#$%&'*+-.^_`|~"];
const nasty = ['\r', '\n', '\r\n', ' ', '\t', ':', ';', ',', '\0', '\x7f', '\x80', '\xff', '"', '=', '+', '-', '0', 'f',
  'g', 'A', '/', '\x0b', '\r\n\r\n', '\n\n', '\r\r\n', '0\r\n\r\n', ' HTTP/1.1', '\r\n ', 'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n', 'GET / HTTP/1.1\r\n'];

function chunks(body) {
  let out = '';
  while (body) {
    const n = 1 + random(body.length);
    const size = pick([n.toString(16), n.toString(16).toUpperCase(), '0' + n.toString(16)]);
    out += size + maybe(20, pick([';a', ';a=b', ';a="b c"', ';a="b\\"c";d', '; a', ' ;a', ';a=', ';'])) + '\r\n' +
      body.slice(0, n) + '\r\n';
    body = body.slice(n);
  }
  return out + pick(['0', '00', '0;last']) + '\r\n' + maybe(20, pick(['X-Sum: 1\r\n', 'A: b\r\nC: d\r\n',
    'Content-Length: 4\r\n', 'Host: z\r\n', 'T :x\r\n'])) + '\r\n';
}

function message(request) {
  const body = maybe(70, 'payload '.repeat(1 + random(4)).slice(0, 1 + random(30)));
  const how = pick(['length', 'length', 'chunked', 'chunked', 'none']);
  const lines = [];
  let start;

  if (request) {
    start = pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD', pick(methods)]) + ' ' +
      pick(['/', '/v1/chat/completions', '/a?b=c&d=%20', '*', 'http://a.example/x', 'http://a.example', '/{x}|y', "/~'"]) +
      ' HTTP/1.' + pick(['1', '1', '1', '1', '0']);
    if (random(30)) lines.push('Host: a.example');
  } else {
    start = 'HTTP/1.' + pick(['1', '1', '1', '0']) + ' ' + pick(['200', '200', '404', '500', '204', '304', '100', '599']) +
      pick([' OK', ' ', '', ' Not  Found', ' caf\xe9']);
  }
  if (how === 'length') lines.push('Content-Length: ' + body.length);
  if (how === 'chunked') lines.push(pick(['Transfer-Encoding', 'transfer-encoding']) + ': chunked');
  for (let i = random(4); i > 0; i--) lines.push(pick(names) + pick([': ', ':', ':\t', ' : ']) + pick(values));
  for (let i = random(3); i > 0; i--) lines.push('X-Fill-' + i + ': ' + 'v'.repeat(random(40)));
  if (!random(8)) lines.reverse();
  return start + '\r\n' + lines.map((l) => l + '\r\n').join('') + '\r\n' +
    (how === 'chunked' ? chunks(body) : how === 'length' ? body : '');
}

function mutate(text) {
  for (let i = random(3); i > 0; i--) {
    const at = random(text.length + 1);
    switch (random(6)) {
      case 0: text = text.slice(0, at) + pick(nasty) + text.slice(at); break;
      case 1: text = text.slice(0, at) + text.slice(at + 1 + random(3)); break;
      case 2: text = text.slice(0, at) + pick(nasty) + text.slice(at + 1); break;
      case 3: text = text.slice(0, at); break;
      case 4: text = text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1); break;
      default: {
        const lines = text.split('\r\n');
        const from = random(lines.length);
        lines.splice(random(lines.length), random(2), lines[from]);
        text = lines.join('\r\n');
      }
    }
  }
  return text;
}

// ---- both parsers ------------------------------------------------------------------------------

function ours(list) {
  const input = Buffer.concat(list.flatMap(({ request, bytes }) => {
    const head = Buffer.alloc(5);
    head.write(request ? 'Q' : 'A');
    head.writeUInt32LE(bytes.length, 1);
    return [head, bytes];
  }));
  const run = spawnSync(transcribe, { input, maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`${transcribe}: ${run.status} ${run.signal} ${run.stderr}`);
  const out = [];
  for (let at = 0; at < run.stdout.length;) {
    const n = run.stdout.readUInt32LE(at);
    out.push(read(run.stdout.subarray(at + 4, at + 4 + n).toString('latin1')));
    at += 4 + n;
  }
  return out;
}

// A transcript (transcript.h) as messages. Bodies may hold any bytes, so the end is looked for from
// where the next message would begin.
function read(text) {
  const messages = [];
  let rest = text;
  while (rest.startsWith('message ')) {
    const at = rest.indexOf('\nbody ');
    const head = rest.slice(0, at).split('\n');
    const fields = head.slice(1).map((l) => l.slice(6));
    const end = /\nend at (\d+)\n(?=message |\nrefused |\nincomplete|$)|\nrefused |\nincomplete\n$/.exec(rest.slice(at + 6));
    messages.push({ start: head[0].split(' '), fields, body: rest.slice(at + 6, at + 6 + end.index),
      end: end[1] === undefined ? undefined : Number(end[1]), close: head[0].includes(' keep=0'),
      upgrade: head[0].includes('upgrade=1') });
    rest = end[1] === undefined ? '' : rest.slice(at + 6 + end.index + end[0].length);
  }
  return messages;
}

function theirs({ request, bytes }) {
  const parser = new HTTPParser();
  const messages = [];
  let current, error, early = [], earlyUrl, at = 0;
  parser.initialize(request ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {}, 1 << 20, 0);
  // Node hands fields over early when there are many, and behind a message that had trailers.
  parser[HTTPParser.kOnHeaders] = (headers, url) => { early.push(...headers); earlyUrl = url; };
  parser[HTTPParser.kOnHeadersComplete] = (major, minor, headers, method, url, status) => {
    const all = early.concat(headers ?? []);
    const fields = [];
    for (let i = 0; i < all.length; i += 2) fields.push(`${all[i].toLowerCase()}: ${all[i + 1]}`);
    early = [];
    current = { method: (allMethods ?? methods)[method], url: url ?? earlyUrl, status, minor, fields, body: '' };
    messages.push(current);
    return 0;
  };
  parser[HTTPParser.kOnBody] = (b) => { current.body += b.toString('latin1'); };
  parser[HTTPParser.kOnMessageComplete] = () => { current.end = at; early = []; };
  for (at = 1; at <= bytes.length && !error; at++) {
    const r = parser.execute(bytes.subarray(at - 1, at));
    if (r instanceof Error) error = r;
  }
  at = bytes.length;
  if (!error) parser.finish();
  return { messages, error };
}

// ---- the comparison ----------------------------------------------------------------------------

function reduced(url) {
  const m = /^https?:\/\/[^/?]*(.*)$/i.exec(url);
  return m ? (m[1].startsWith('/') ? m[1] : '/' + m[1]) : url;
}

function differ(mine, other, request) {
  for (let i = 0; i < mine.length; i++) {
    const a = mine[i];
    const b = other.messages[i];
    if (request && !methods.includes(a.start[1])) return null; // any token is a method to us
    // llhttp obeys Proxy-Connection: close as well, which is about a next message, not about this one.
    if (!b && other.error?.code === 'HPE_CLOSED_CONNECTION') return null;
    if (!b) return `message ${i} was refused: ${other.error?.reason ?? other.error}`;
    if (request && (b.method !== a.start[1] || reduced(b.url) !== a.start[2])) return `start line of message ${i}`;
    if (!request && b.status !== Number(a.start[1])) return `status of message ${i}`;
    if (JSON.stringify(a.fields) !== JSON.stringify(b.fields)) return `fields of message ${i}`;
    if (a.upgrade) return null; // llhttp stops there
    if (a.end === undefined) return b.body.startsWith(a.body) ? null : `beginning of the body of message ${i}`;
    if (a.body !== b.body) return `body of message ${i}`;
    if (a.end !== b.end) return `end of message ${i}: ${a.end} and ${b.end}`;
    if (a.close) return null;
  }
  return null;
}

const folder = fileURLToPath(new URL('./smuggling/', import.meta.url));
const list = readdirSync(folder).filter((f) => f.endsWith('.http') && !f.includes('long') && !f.includes('endless'))
  .map((f) => ({ request: true, bytes: readFileSync(folder + f) }));
for (let i = 0; i < Number(cases); i++) {
  const request = random(3) > 0;
  let text = '';
  for (let k = 1 + random(3); k > 0; k--) text += message(request);
  list.push({ request, bytes: Buffer.from(random(4) ? mutate(text) : text, 'latin1') });
}

const results = ours(list);
let accepted = 0, complete = 0, stricter = 0, bad = 0;
list.forEach((c, i) => {
  const other = theirs(c);
  const why = differ(results[i], other, c.request);
  accepted += results[i].length;
  complete += results[i].filter((m) => m.end !== undefined).length;
  stricter += results[i].length === 0 && other.messages.length > 0 ? 1 : 0;
  if (why && bad++ < 5) {
    console.log(`${why}\n  ${JSON.stringify(c.bytes.toString('latin1'))}\n  ours   ${JSON.stringify(results[i])}\n` +
      `  llhttp ${JSON.stringify(other.messages)} ${other.error?.reason ?? ''}`);
  }
});
console.log(`llhttp ${process.versions.llhttp}: ${list.length} streams, ${accepted} messages accepted by us ` +
  `(${complete} to their end), ${stricter} streams refused by us alone, ${bad} differences`);
process.exit(bad === 0 && complete > list.length / 4 ? 0 : 1);
