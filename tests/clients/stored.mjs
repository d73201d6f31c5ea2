// SPDX-License-Identifier: Apache-2.0
// stored.mjs - responses that are kept in a file, with OpenAI's client: they outlive the gateway, however it ends.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { client, completion, start, vendor } from "./kit.mjs";

let chat, folder;
before(async () => {
  chat = await vendor();
  chat.says(completion({ content: "I am Ada." }));
  folder = mkdtempSync(path.join(os.tmpdir(), "sluice-stored-"));
});
after(() => {
  chat.close();
  rmSync(folder, { recursive: true, force: true });
});

const config = (store, more = {}) => ({
  model_list: [{ model_name: "chat", litellm_params: { model: "together_ai/x", api_base: `${chat.url}/v1`, api_key: "sk-chat" } }],
  general_settings: { object_store: store }, ...more });
const sqlite = (name) => ({ type: "sqlite", path: path.join(folder, name) });

for (const signal of ["SIGTERM", "SIGKILL"])
  test(`a conversation goes on after ${signal}`, async () => {
    let g = await start({ config: config(sqlite("a.db")) });
    const one = await client(g).responses.create({ model: "chat", input: "Who are you?" });
    await g.end(signal);
    g = await start({ config: config(sqlite("a.db")) });
    assert.equal((await client(g).responses.retrieve(one.id)).output_text, "I am Ada.");
    await client(g).responses.create({ model: "chat", input: "Again?", previous_response_id: one.id });
    assert.deepEqual(chat.last().json.messages.map((m) => m.content), ["Who are you?", "I am Ada.", "Again?"]);
    await client(g).responses.delete(one.id);
    await assert.rejects(client(g).responses.retrieve(one.id), OpenAI.NotFoundError);
    await g.end();
  });

test("a stream's end comes when it is kept", async () => {
  let g = await start({ config: config(sqlite("b.db")) });
  const s = await client(g).responses.create({ model: "chat", input: "hi", stream: true });
  let id;
  for await (const e of s) if (e.type === "response.completed") {
    id = e.response.id;
    await g.end("SIGKILL");
    break;
  }
  g = await start({ config: config(sqlite("b.db")) });
  assert.equal((await client(g).responses.retrieve(id)).output_text, "I am Ada.");
  await g.end();
});

test("a reload changes nothing in what is kept", async () => {
  const g = await start({ config: config(sqlite("c.db")) });
  const one = await client(g).responses.create({ model: "chat", input: "hi" });
  writeFileSync(g.config, JSON.stringify(config(sqlite("c.db"), { router_settings: { num_retries: 1 } })));
  g.child.kill("SIGHUP");
  await g.log(/reloaded/);
  assert.equal((await client(g).responses.retrieve(one.id)).output_text, "I am Ada.");
  await g.end();
});

test("the state directory is the default's place", async () => {
  const env = { SLUICE_STATE_DIR: folder };
  let g = await start({ config: config(undefined), env });
  const one = await client(g).responses.create({ model: "chat", input: "hi" });
  await g.end();
  g = await start({ config: config(undefined), env });
  assert.equal((await client(g).responses.retrieve(one.id)).id, one.id);
  await g.end();
  g = await start({ config: config({ type: "memory" }), env });
  await assert.rejects(client(g).responses.retrieve(one.id), OpenAI.NotFoundError);
  await g.end();
});

test("a file that is none is refused at the start, by name", async () => {
  const where = path.join(folder, "diary.txt");
  writeFileSync(where, "Dear diary, this is no database, and I would like it to stay as it is for a long while.\n".repeat(20));
  await assert.rejects(start({ config: config({ type: "sqlite", path: where }) }), /diary\.txt is damaged, or no SQLite file/);
});
