// SPDX-License-Identifier: Apache-2.0
// eventstream.mjs - AWS's binary event streams, both ways, with their checksums.
import assert from "node:assert/strict";

const table = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});
const crc = (bytes) => (bytes.reduce((c, b) => table[(c ^ b) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

function header(name, value) {
  const n = Buffer.from(name), v = Buffer.from(value), b = Buffer.alloc(2 + n.length + 2);
  b[0] = n.length;
  n.copy(b, 1);
  b[1 + n.length] = 7;
  b.writeUInt16BE(v.length, 2 + n.length);
  return Buffer.concat([b, v]);
}

export function encode(kind, type, payload) {
  const head = Buffer.concat([header(`:${kind}-type`, type), header(":content-type", "application/json"),
    header(":message-type", kind)]), body = Buffer.from(JSON.stringify(payload));
  const b = Buffer.alloc(16 + head.length + body.length);
  b.writeUInt32BE(b.length, 0);
  b.writeUInt32BE(head.length, 4);
  b.writeUInt32BE(crc(b.subarray(0, 8)), 8);
  head.copy(b, 12);
  body.copy(b, 12 + head.length);
  b.writeUInt32BE(crc(b.subarray(0, b.length - 4)), b.length - 4);
  return b;
}

// [kind, type, payload] of each frame; `rest`: bytes that are no whole frame.
export function decode(bytes) {
  const list = [];
  let at = 0;
  while (bytes.length - at >= 16 && bytes.readUInt32BE(at) <= bytes.length - at) {
    const frame = bytes.subarray(at, at + bytes.readUInt32BE(at)), n = frame.readUInt32BE(4), headers = {};
    assert.equal(frame.readUInt32BE(8), crc(frame.subarray(0, 8)), "the checksum of the prelude");
    assert.equal(frame.readUInt32BE(frame.length - 4), crc(frame.subarray(0, frame.length - 4)), "the checksum");
    for (let p = 12; p < 12 + n;) {
      const name = frame.toString("utf8", p + 1, p + 1 + frame[p]);
      p += 1 + frame[p];
      assert.equal(frame[p], 7, "a header is a string");
      const len = frame.readUInt16BE(p + 1);
      headers[name] = frame.toString("utf8", p + 3, p + 3 + len);
      p += 3 + len;
    }
    const kind = headers[":message-type"];
    list.push([kind, headers[`:${kind}-type`], JSON.parse(frame.toString("utf8", 12 + n, frame.length - 4))]);
    at += frame.length;
  }
  return { list, rest: bytes.subarray(at) };
}
