// SPDX-License-Identifier: Apache-2.0
// judge_kit.mjs - what every client has to find true at the gateway, whoever answers behind it: see sdk_kit.mjs for the
// face that clients have here.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { start, until } from "./kit.mjs";
import { model } from "../e2e/model_kit.mjs";

const rome = { city: "Rome", people: 3 };

// What the model does is in the user's words.
function decide({ said, results, tools, json }) {
  const reply = { text: "Hello there." };
  if (/refuse/.test(said)) return { refuse: "slow down" };
  if (/weather/.test(said))
    return results.length ? { text: `It is ${results.join(" and ")}.` }
      : { calls: ["Rome", "Oslo"].map((city) => ({ name: tools[0], args: { city } })) };
  if (/city/.test(said)) return tools.length ? { calls: [{ name: tools[0], args: rome }] } : { text: JSON.stringify(rome) };
  if (/wait/.test(said)) return { ...reply, hold: true };
  if (/leave/.test(said)) return { ...reply, cut: true };
  return reply;
}

async function pieces(stream) {
  const all = [];
  for await (const piece of stream) all.push(piece);
  return all;
}

// clients: for each name a client and the providers behind the gateway.
export function judge(clients) {
  let g, m;
  const aws = { accessKeyId: "AKCLIENT", secretAccessKey: "client-secret" };
  before(async () => {
    m = await model(decide);
    const providers = new Set(Object.values(clients).flatMap(([, ...p]) => p));
    g = await start({ config: { model_list: [...providers].map((p) => m.at(`on-${p}`, p)),
      general_settings: { master_key: "sk-master",
        aws_client_credentials: [{ access_key_id: aws.accessKeyId, secret_access_key: aws.secretAccessKey, key: "sk-master" }] },
      router_settings: { num_retries: 0, disable_cooldowns: true } } });
  });
  after(async () => {
    await g.end();
    m.close();
  });

  for (const [name, [open, ...providers]] of Object.entries(clients))
    describe(name, () => {
      let ai;
      before(async () => (ai = await open({ url: g.url, key: "sk-master", aws })));
      after(() => ai.close?.());
      for (const provider of providers) {
        const on = `on-${provider}`;
        test(`${on}: a question is answered, and counted`, async () => {
          assert.deepEqual(await ai.say(on, "hi"), { text: "Hello there.", used: [11, 7] });
        });
        test(`${on}: a stream says the same, in pieces`, async () => {
          const all = await pieces(ai.stream(on, "hi"));
          assert.equal(all.join(""), "Hello there.");
          assert.ok(all.length > 1);
        });
        for (const streamed of [false, true])
          test(`${on}: two tools at once are called, and their answers used${streamed ? ", streamed" : ""}`, async (t) => {
            if (streamed && ai.parts === false) return t.skip("this client takes wholes only");
            assert.match(await ai.loop(on, "the weather?", streamed), /^It is .*sunny in Rome.* and .*sunny in Oslo.*\.$/);
          });
        test(`${on}: what is asked for by its shape has it`, async (t) => {
          if (!ai.object) return t.skip("no such thing in this client");
          assert.deepEqual(await ai.object(on, "a city"), rome);
        });
        test(`${on}: a limit is the client's own error, before a stream as well`, async () => {
          await assert.rejects(ai.say(on, "refuse"), ai.limited);
          await assert.rejects(pieces(ai.stream(on, "refuse")), ai.limited);
        });
        test(`${on}: a stream that breaks off is no answer`, async () => {
          await assert.rejects(pieces(ai.stream(on, "leave")));
        });
        test(`${on}: who leaves in mid-stream takes the call to the vendor along`, async () => {
          const abort = new AbortController();
          let seen = 0;
          try {
            for await (const piece of ai.stream(on, "wait", abort.signal)) if (++seen && piece) abort.abort();
          } catch {
            // Some clients throw, some end.
          }
          assert.ok(seen > 0);
          await until(() => m.open === 0, () => "the vendor's connection is still open");
        });
      }
    });
}
