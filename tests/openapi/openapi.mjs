// SPDX-License-Identifier: Apache-2.0
// openapi.mjs - /openapi.json is valid OpenAPI 3.1, and says the same as /routes and as the answers.
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hello, mockConfig, start } from "../e2e/kit.mjs";

let g, doc;
before(async () => {
  g = await start({ config: mockConfig() });
  doc = (await g.ask("GET", "/openapi.json")).json;
});
after(() => g.end());

test("it is OpenAPI 3.1", async () => {
  const validator = new Validator();
  const result = await validator.validate(structuredClone(doc));
  assert.ok(result.valid, JSON.stringify(result.errors));
  assert.equal(validator.version, "3.1");
});

test("operations have names of their own", () => {
  const names = Object.values(doc.paths).flatMap((p) => Object.values(p).map((o) => o.operationId));
  assert.equal(new Set(names).size, names.length);
});

test("each reference leads to a schema, and each schema is led to", () => {
  const wanted = new Set([...JSON.stringify(doc).matchAll(/#\/components\/schemas\/(\w+)/g)].map((m) => m[1]));
  assert.deepEqual([...wanted].sort(), Object.keys(doc.components.schemas).sort());
});

test("it lists the routes that are served", async () => {
  const routes = (await g.ask("GET", "/routes")).json.routes;
  // OpenAPI has no word for every method there is.
  const served = routes.flatMap((r) => r.methods.filter((m) => m !== "*").map((m) => `${m} ${r.path}`)).sort();
  const told = Object.entries(doc.paths).flatMap(([p, o]) => Object.keys(o).map((m) => `${m.toUpperCase()} ${p}`));
  assert.deepEqual(told.sort(), served);
});

test("answers have the shape that it promises", async () => {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: "doc", ...doc });
  const asked = [
    ["ChatAnswer", await g.chat(hello("echo"))],
    ["CompletionAnswer", await g.ask("POST", "/v1/completions", { body: { model: "echo", prompt: "x" } })],
    ["EmbeddingAnswer", await g.ask("POST", "/v1/embeddings", { body: { model: "echo", input: "x" } })],
    ["ModelList", await g.ask("GET", "/v1/models")],
    ["Model", await g.ask("GET", "/v1/models/echo")],
    ["Health", await g.ask("GET", "/health")],
    ["Alive", await g.ask("GET", "/health/liveliness")],
    ["Readiness", await g.ask("GET", "/health/readiness")],
    ["RouteList", await g.ask("GET", "/routes")],
    ["Front", await g.ask("GET", "/")],
    ["Error", await g.ask("GET", "/nothing")],
    ["Error", await g.chat(hello("nothing"))],
    ["Error", await g.chat("{")],
  ];
  for (const [name, r] of asked) {
    const valid = ajv.compile({ $ref: `doc#/components/schemas/${name}` });
    assert.ok(valid(r.json), `${name}: ${JSON.stringify(valid.errors)} in ${r.text}`);
  }
});
