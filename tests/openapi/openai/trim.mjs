// SPDX-License-Identifier: Apache-2.0
// trim.mjs - openapi.json of OpenAI's description, cut down to what ../openai.mjs needs: node trim.mjs openapi.json > schemas.json
// See README.md.
import { readFileSync } from "node:fs";

const roots = ["CreateChatCompletionRequest", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse",
  "CreateCompletionRequest", "CreateCompletionResponse", "CreateResponse", "Response", "ResponseStreamEvent",
  "ResponseItemList", "CreateEmbeddingRequest", "CreateEmbeddingResponse", "CreateImageRequest", "ImagesResponse",
  "ImageGenStreamEvent", "ListModelsResponse", "Model", "CreateModerationRequest", "CreateModerationResponse",
  "ErrorResponse"];
const said = new Set(["description", "example", "examples", "externalDocs", "title", "deprecated", "default"]);

// names: the keys of `value` are names of properties, not words of JSON Schema.
function trim(value, names = false) {
  if (Array.isArray(value)) return value.map((v) => trim(v));
  if (value === null || typeof value !== "object") return value;
  const out = {};
  for (const [key, v] of Object.entries(value)) {
    if (names) out[key] = trim(v);
    else if (["enum", "const", "required"].includes(key)) out[key] = v;
    // Alternatives overlap (a message is an "easy" message as well): one of them at least must fit.
    else if (key === "oneOf") out.anyOf = trim(v);
    else if (!said.has(key) && !key.startsWith("x-") && !["nullable", "discriminator"].includes(key))
      out[key] = trim(v, key === "properties");
  }
  return !names && value.nullable === true ? { anyOf: [out, { type: "null" }] } : out;
}

const all = JSON.parse(readFileSync(process.argv[2])).components.schemas;
const schemas = {};
for (const todo = [...roots]; todo.length;) {
  const name = todo.pop();
  if (schemas[name]) continue;
  schemas[name] = trim(all[name]);
  for (const [, next] of JSON.stringify(schemas[name]).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) todo.push(next);
}
// A line each, so that a newer description shows as what it changes.
const lines = Object.keys(schemas).sort().map((n) => `${JSON.stringify(n)}:${JSON.stringify(schemas[n])}`);
console.log(`{"components":{"schemas":{\n${lines.join(",\n")}\n}}}`);
