// SPDX-License-Identifier: Apache-2.0
// access.mjs - who may ask: master key, headers, browsers, and gateways without a key.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, bearer, hello, mockConfig, run, start } from "./kit.mjs";

const key = "sk-e2e-master";
const keyed = () => start({ config: mockConfig({ general_settings: { master_key: key } }) });

test("without a key the answer is 401, for calls and for lists", async () => {
  const g = await keyed();
  for (const r of [await g.chat(hello("echo")), await g.ask("GET", "/v1/models"), await g.ask("GET", "/health")]) {
    assert.equal(r.status, 401, r.text);
    assert.match(r.json.error.message, /^Authentication Error, No api key passed in/);
    assert.equal(r.json.error.type, "authentication_error");
    assert.equal(r.json.error.code, "invalid_api_key");
  }
  await g.end();
});

test("a wrong key is refused and not repeated", async () => {
  const g = await keyed();
  for (const wrong of ["sk-e2e-wrong-secret", "nonsense-secret", `${key}x`, key.slice(0, -1)])
    for (const r of [await g.chat(hello("echo"), bearer(wrong)),
      await g.ask("GET", "/v1/models", { headers: bearer(wrong) })]) {
      assert.ok([400, 401].includes(r.status), r.text);
      assert.ok(!r.text.includes(wrong));
    }
  assert.ok(!g.err.includes("secret"));
  await g.end();
});

test("each of LiteLLM's headers carries the key", async () => {
  const g = await keyed();
  const headers = [
    bearer(key), { authorization: `bearer ${key}` }, { "x-litellm-api-key": key },
    { "x-litellm-api-key": `Bearer ${key}` }, { "api-key": key }, { "x-api-key": key },
    { "x-goog-api-key": key }, { "ocp-apim-subscription-key": key },
  ];
  for (const h of headers) {
    assert.equal((await g.chat(hello("echo"), h)).status, 200, JSON.stringify(h));
    assert.equal((await g.ask("GET", "/models", { headers: h })).status, 200);
  }
  await g.end();
});

test("liveness, readiness and the list of routes need no key", async () => {
  const g = await keyed();
  for (const target of ["/health/liveliness", "/health/readiness", "/routes", "/openapi.json", "/", "/metrics"])
    assert.equal((await g.ask("GET", target)).status, 200, target);
  await g.end();
});

test("a refused caller's body is not waited for", async () => {
  const g = await keyed();
  const net = await import("node:net");
  const answer = await new Promise((done, fail) => {
    const socket = net.connect(g.port, "127.0.0.1");
    let all = "";
    socket.write("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{");
    socket.on("data", (d) => {
      all += d;
      if (all.includes("\r\n\r\n")) done(all), socket.destroy();
    });
    socket.on("error", fail);
  });
  assert.match(answer, /^HTTP\/1\.1 401 /);
  await g.end();
});

test("pages of any origin may call with a key", async () => {
  const g = await keyed();
  const origin = { origin: "https://app.example.com" };
  const before = await g.ask("OPTIONS", "/v1/chat/completions", {
    headers: { ...origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
  });
  assert.equal(before.status, 200);
  assert.equal(before.headers["access-control-allow-origin"], "*");
  assert.match(before.headers["access-control-allow-methods"], /POST/);
  assert.equal(before.headers["access-control-allow-headers"], "authorization");
  const r = await g.chat(hello("echo"), { ...origin, ...bearer(key) });
  assert.equal(r.headers["access-control-allow-origin"], "*");
  const refused = await g.chat(hello("echo"), origin);
  assert.equal(refused.status, 401);
  assert.equal(refused.headers["access-control-allow-origin"], "*");
  const none = await g.chat(hello("echo"), bearer(key));
  assert.equal(none.headers["access-control-allow-origin"], undefined);
  await g.end();
});

test("without a master key foreign pages and names are refused", async () => {
  const g = await start({ config: mockConfig() });
  assert.equal((await g.chat(hello("echo"))).status, 200);
  assert.equal((await g.chat(hello("echo"), { origin: "https://evil.example.com" })).status, 403);
  assert.equal((await g.chat(hello("echo"), { host: "rebound.example.com" })).status, 403);
  assert.equal((await g.chat(hello("echo"), { origin: "http://localhost:3000" })).status, 200);
  await g.end();
});

test("without a master key another address than loopback is refused, with the remedy", () => {
  const r = run(["--host", "0.0.0.0", "--port", "0"]);
  assert.equal(r.status, 1);
  assert.match(r.err, /master_key/);
  assert.match(r.err, /--insecure/);
});

test("$HOST alone does not open a gateway without a master key", async () => {
  const g = await start({ env: { HOST: "0.0.0.0" } });
  assert.match(g.url, /127\.0\.0\.1/);
  assert.match(g.err, /HOST=0\.0\.0\.0 is not used/);
  await g.end();
});

test("--insecure serves all the same", async () => {
  const g = await start({ config: mockConfig(), args: ["--host", "0.0.0.0", "--insecure"] });
  assert.equal((await ask(g.port, "POST", "/v1/chat/completions",
    { body: hello("echo"), headers: { host: "gw.example.com" } })).status, 200);
  await g.end();
});

test("with a master key the default is every address", async () => {
  const g = await keyed();
  assert.match(g.curl, /Bearer \$LITELLM_MASTER_KEY/);
  assert.ok(!g.out.includes(key));
  await g.end();
});
