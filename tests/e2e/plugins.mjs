// SPDX-License-Identifier: Apache-2.0
// plugins.mjs - one more provider by a file in a folder, in the gateway and in `sluice complete`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { environment, file, hello, plugins, program, run, start } from "./kit.mjs";

const folder = path.join(path.dirname(file("")), "more");
let vendor, base;
const seen = [];

before(async () => {
  mkdirSync(folder, { mode: 0o755 });
  // A vendor that nobody has heard of.
  vendor = http.createServer((req, res) => {
    let body = "";
    req.on("data", (d) => (body += d));
    req.on("end", () => {
      const request = JSON.parse(body);
      seen.push({ url: req.url, key: req.headers.authorization, request });
      res.writeHead(200, { "content-type": "application/json" });
      res.end(JSON.stringify({ id: "a-1", object: "chat.completion", created: 1, model: request.model,
        choices: [{ index: 0, message: { role: "assistant", content: "from acme" }, finish_reason: "stop" }] }));
    });
  });
  await new Promise((r) => vendor.listen(0, "127.0.0.1", r));
  base = `http://127.0.0.1:${vendor.address().port}/api`;
  writeFileSync(path.join(folder, "acme.yaml"),
    `id: acme\nuses: openai_compat\nname: Acme\nbase_url: ${base}\nkey_env: [ACME_API_KEY]\n` +
    "operations:\n  chat.completions: /talk\n", { mode: 0o644 });
});
after(() => vendor.close());

const args = ["--plugin_path", `${plugins}:${folder}`];
const env = { ACME_API_KEY: "sk-acme" };

test("a data file is a provider, served without a configuration once its key is there", async () => {
  const g = await start({ args, env });
  assert.match(g.out, /^ {4}acme\/\*$/m);
  const r = await g.chat(hello("acme/large", { seed: 12345678901234567890n.toString() }));
  assert.equal(r.status, 200, r.text);
  assert.equal(r.json.choices[0].message.content, "from acme");
  assert.equal(seen.at(-1).url, "/api/talk");
  assert.equal(seen.at(-1).key, "Bearer sk-acme");
  assert.equal(seen.at(-1).request.model, "large");
  await g.end();
});

test("the same file serves `sluice complete`", async () => {
  const child = spawn(program, ["complete", "-m", "acme/large", "hi", ...args],
    { env: environment(env), stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (d) => (out += d));
  const status = await new Promise((r) => child.on("close", r));
  assert.equal(status, 0);
  assert.equal(out, "from acme\n");
});

test("the folders of a configuration are looked into, and no others", async () => {
  const model_list = [{ model_name: "big", litellm_params: { model: "acme/large", api_key: "sk-file" } }];
  const config = { model_list, plugins: { path: [folder, plugins] } };
  const g = await start({ config });
  const r = await g.chat(hello("big"));
  assert.equal(r.status, 200, r.text);
  assert.equal(r.json.choices[0].message.content, "from acme");
  assert.equal(seen.at(-1).key, "Bearer sk-file");
  await g.end();
  assert.match(run(["plugins", "--config", file(config)]).out, /^acme +provider +openai_compat .*acme\.yaml$/m);
  assert.equal(run(["check", file(config), "--strict"]).status, 0);
  const alone = run(["check", file({ model_list, plugins: { path: folder } })]);
  assert.equal(alone.status, 1);
  assert.ok(alone.out.includes(`openai_compat.so in ${folder})`), alone.out);
});

test("numbers beyond 2^53 and members nobody knows reach the vendor as they were written", async () => {
  const g = await start({ args, env });
  const body = '{"model":"acme/large","messages":[{"role":"user","content":"x"}],"seed":12345678901234567890,"own":1.0}';
  const raw = [];
  vendor.prependOnceListener("request", (req) => req.on("data", (d) => raw.push(d)));
  const r = await g.ask("POST", "/v1/chat/completions", { body });
  assert.equal(r.status, 200, r.text);
  assert.match(Buffer.concat(raw).toString(), /"seed":12345678901234567890,"own":1\.0\}$/);
  await g.end();
});

test("a file that others may write is left out and said, the rest is served", async () => {
  const open = path.join(folder, "open.yaml");
  copyFileSync(path.join(folder, "acme.yaml"), open);
  chmodSync(open, 0o666);
  const g = await start({ args, env });
  assert.match(g.err, /open\.yaml.*writ/);
  assert.equal((await g.chat(hello("acme/large"))).status, 200);
  await g.end();
});

test("a configuration that names a provider nobody brought is refused with where was looked", () => {
  const r = run(["--port", "0", "--config",
    file({ model_list: [{ model_name: "x", litellm_params: { model: "nowhere_at_all/x" } }] })]);
  assert.equal(r.status, 1);
  assert.match(r.err, /nowhere_at_all/);
});
