// SPDX-License-Identifier: Apache-2.0
// examples.mjs - each example does what its comment says.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { file } from "../e2e/kit.mjs";
import { example } from "./kit.mjs";

async function says(name, args, pattern, env) {
  const r = await example(name, args, env);
  assert.equal(r.status, 0, r.err);
  assert.match(r.out, pattern);
  assert.equal(r.err, "");
}

test("blocking prints the answer", () => says("blocking", ["mock", "Grüße"], /^Grüße\n$/));

test("chat prints the answer to the last message, and what it took", () =>
  says("chat", [], /^And what is it good for\?\n\(\d+ tokens\)\n$/));

test("streaming prints all of the text", () => says("streaming", [], /^Count: one, two, .* seven\.\n$/));

test("parallel answers all calls in the time of a few", async () => {
  const r = await example("parallel", ["mock/slow", "60"]);
  assert.equal(r.status, 0, r.err);
  const [, answered, seconds] = /^(\d+) of 60 answered in ([\d.]+) s\n$/.exec(r.out);
  assert.equal(answered, "60");
  assert.ok(Number(seconds) < 30, r.out); // one after the other takes sixty
});

test("tools runs the function and prints what the model makes of it", () =>
  says("tools", [], /^get_weather\("\{\}"\)\nsunny, 24 degrees\n$/));

test("embeddings prints the size and the product", () =>
  says("embeddings", [], /^[1-9]\d* dimensions, product -?[\d.]+\n$/));

test("vision takes an address, a file, and a picture of its own", async () => {
  await says("vision", [], /picture/);
  await says("vision", ["mock", "https://example.com/a.png"], /picture/);
  await says("vision", ["mock", file("bytes of a picture", "a.png")], /picture/);
  const r = await example("vision", ["mock", "/nowhere/a.png"]);
  assert.equal(r.status, 1);
  assert.match(r.err, /nowhere/);
});

test("foreign_loop prints all of the text", () => says("foreign_loop", [], /^Somebody else's loop runs this\.\n$/));

test("failures are told, and are the exit status", async () => {
  for (const name of ["blocking", "chat", "streaming", "parallel", "tools", "embeddings", "vision", "foreign_loop"]) {
    const r = await example(name, ["mock/error-400", ...(name === "parallel" ? ["2"] : [])]);
    assert.equal(r.status, 1, `${name}: ${r.out}`);
    assert.notEqual(r.err, "", name);
  }
});

// A vendor: any model works whose provider has a key in the environment.
let vendor, asked, env;
before(async () => {
  vendor = http.createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", () => {
      asked = JSON.parse(Buffer.concat(parts));
      res.setHeader("content-type", "application/json");
      res.end(JSON.stringify({ id: "x", object: "chat.completion", created: 1, model: "m", choices: [{ index: 0,
        message: { role: "assistant", content: 'a "quoted"\n\u{1f600}' }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }));
    });
  });
  await new Promise((r) => vendor.listen(0, "127.0.0.1", r));
  env = { OPENAI_API_KEY: "sk-x", OPENAI_BASE_URL: `http://127.0.0.1:${vendor.address().port}/v1` };
});
after(() => vendor.close());

test("a vendor's model is asked by its name", async () => {
  await says("blocking", ["openai/m", 'say "hi"'], /^a "quoted"\n\u{1f600}\n$/u, env);
  assert.equal(asked.model, "m");
  assert.equal(asked.messages[0].content, 'say "hi"');
  await says("chat", ["openai/m"], /^a "quoted"\n\u{1f600}\n\(3 tokens\)\n$/u, env);
  assert.equal(asked.temperature, 0.2);
});

test("vision sends a file's bytes", async () => {
  await says("vision", ["openai/m", file("bytes of a picture", "b.png")], /quoted/, env);
  const { url } = asked.messages[0].content[1].image_url;
  assert.equal(url, `data:image/png;base64,${Buffer.from("bytes of a picture").toString("base64")}`);
  await says("vision", ["openai/m", "https://example.com/a.png"], /quoted/, env);
  assert.equal(asked.messages[0].content[1].image_url.url, "https://example.com/a.png");
});
