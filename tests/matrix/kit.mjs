// SPDX-License-Identifier: Apache-2.0
// kit.mjs - what all dialects of the matrix use: framing of streams, comparing, and the pieces that an answer is
// scripted with.
import assert from "node:assert/strict";

export const json = (value) => Buffer.from(JSON.stringify(value));
export const sse = (data, event) => Buffer.from(`${event ? `event: ${event}\n` : ""}data: ${
  typeof data === "string" ? data : JSON.stringify(data)}\n\n`);

// A text in three pieces, never within a character.
export function pieces(text) {
  const all = [...text], a = Math.ceil(all.length / 3), b = 2 * a;
  return [all.slice(0, a), all.slice(a, b), all.slice(b)].map((p) => p.join("")).filter((p) => p);
}

// Events of a stream as [name, data]; what is not ended by a blank line is none, as in official clients.
export function events(bytes) {
  const blocks = bytes.toString().replaceAll("\r\n", "\n").split("\n\n"), out = [];
  const rest = blocks.pop();
  for (const block of blocks) {
    let name = "", data = [];
    for (const line of block.split("\n")) {
      if (line.startsWith("event:")) name = line.slice(6).trim();
      else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
      else assert.ok(line === "" || line.startsWith(":"), `no line of an event stream: ${line}`);
    }
    if (data.length) out.push([name, data.join("\n")]);
  }
  return { list: out, rest };
}

// Only members that the API has: vendors refuse others.
export function only(object, where, ...members) {
  for (const name of Object.keys(object)) assert.ok(members.includes(name), `${where} has no member ${name}`);
}

// A picture is {url} or {mime, data}.
export const urlOf = (image) => image.url ?? `data:${image.mime};base64,${image.data}`;
export function fromUrl(url) {
  if (url.startsWith("http")) return { url };
  const [, mime, data] = /^data:([^;]+);base64,(.*)$/.exec(url) ?? assert.fail(`no data URL: ${url}`);
  return { mime, data };
}

export const texts = (content) => (typeof content === "string" ? content
  : (content ?? []).filter((p) => p.type === "text").map((p) => p.text).join(""));

// Values without what differs from call to call. ids are told apart by their order; null and [] are as good as absent.
export function settled(value, volatile) {
  const ids = new Map();
  const walk = (v, name) => {
    if (volatile.includes(name)) return undefined;
    if (typeof v === "string" && /^(id|call_id|toolUseId|tool_call_id)$/.test(name)) {
      if (!ids.has(v)) ids.set(v, `id ${ids.size}`);
      return ids.get(v);
    }
    if (Array.isArray(v)) return v.map((x) => walk(x, ""));
    if (v && typeof v === "object")
      return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, walk(x, k)]).filter(([, x]) => x !== undefined && x !== null && !(Array.isArray(x) && !x.length)));
    return v;
  };
  return walk(value, "");
}
