// SPDX-License-Identifier: Apache-2.0
// dropped.mjs - one more provider by dropping a file into a folder, a plugin or a data file, and a SIGHUP.
import assert from "node:assert/strict";
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { hello, plugins, program, start } from "./kit.mjs";

let root, folder, vendor, asked;
before(async () => {
  // Everything but the mock, and a program that does not find the plugins it was built with. Nobody else may write here,
  // or nothing would be loaded.
  root = mkdtempSync(path.join(os.tmpdir(), "sluice-dropped-"));
  cpSync(program, path.join(root, "sluice"));
  folder = path.join(root, "plugins");
  mkdirSync(folder, { mode: 0o755 });
  for (const file of readdirSync(plugins))
    if (file !== "mock.so") cpSync(path.join(plugins, file), path.join(folder, file));
  vendor = http.createServer((req, res) => {
    asked = req;
    req.resume();
    res.setHeader("content-type", "application/json");
    res.end(JSON.stringify({ id: "x", object: "chat.completion", created: 1, model: "big", choices: [{ index: 0,
      message: { role: "assistant", content: "from acme" }, finish_reason: "stop" }] }));
  });
  await new Promise((r) => vendor.listen(0, "127.0.0.1", r));
});
after(() => {
  vendor.close();
  rmSync(root, { recursive: true });
});

// In one move, as a package manager does it: a half-written file is never seen.
function drop(name, write) {
  const other = path.join(root, name);
  write(other);
  chmodSync(other, 0o644);
  renameSync(other, path.join(folder, name));
}

const deployments = (...models) => ({ model_list: models.map((model) =>
  ({ model_name: model.split("/")[0], litellm_params: { model, ...(model.startsWith("mock") ? {} : { api_key: "sk-acme" }) } })) });

async function reload(g, config) {
  g.err = "";
  writeFileSync(g.config, JSON.stringify(config));
  g.child.kill("SIGHUP");
  await g.log(/reloaded|reload refused/);
  return /reloaded/.test(g.err);
}

const gateway = () => start({ config: deployments("openai/m"), binary: path.join(root, "sluice"),
  env: { SLUICE_PLUGIN_PATH: folder } });

test("a data file is a provider after a SIGHUP", async () => {
  const g = await gateway();
  assert.equal(await reload(g, deployments("acme/big")), false);
  assert.match(g.err, /acme/);
  drop("acme.yaml", (file) => writeFileSync(file, `id: acme\nuses: openai_compat\nname: Acme\n` +
    `base_url: http://127.0.0.1:${vendor.address().port}/api\nkey_env: [ACME_API_KEY]\n` +
    `operations:\n  chat.completions: /chat\n`));
  assert.equal(await reload(g, deployments("acme/big")), true, g.err);
  const r = await g.chat(hello("acme"));
  assert.equal(r.status, 200, r.text);
  assert.equal(r.json.choices[0].message.content, "from acme");
  assert.equal(asked.url, "/api/chat");
  assert.equal(asked.headers.authorization, "Bearer sk-acme");
  assert.equal(g.ended, null);
  await g.end();
});

test("a plugin is a provider after a SIGHUP", async () => {
  const g = await gateway();
  assert.equal(await reload(g, deployments("mock/echo")), false);
  assert.match(g.err, /mock/);
  drop("mock.so", (file) => copyFileSync(path.join(plugins, "mock.so"), file));
  assert.equal(await reload(g, deployments("mock/echo")), true, g.err);
  const r = await g.chat(hello("mock"));
  assert.equal(r.status, 200, r.text);
  assert.equal(r.json.choices[0].message.content, "hello");
  await g.end();
});

test("a file that is none is named at a SIGHUP and changes nothing", async () => {
  const g = await gateway();
  drop("broken.yaml", (file) => writeFileSync(file, "id: broken\nuses: openai_compat\nbase_url: [1\n"));
  drop("broken.so", (file) => writeFileSync(file, "no shared object"));
  await reload(g, deployments("openai/other"));
  assert.match(g.err, /broken\.yaml/);
  assert.match(g.err, /broken\.so/);
  const names = (await g.ask("GET", "/v1/models")).json.data.map((m) => m.id);
  assert.deepEqual(names, ["openai"]);
  await g.end();
});
