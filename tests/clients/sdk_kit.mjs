// SPDX-License-Identifier: Apache-2.0
// sdk_kit.mjs - the clients that the vendors give away, behind one face, so that one list of statements judges them all.
//
// open({ url, key }) gives
//   say(model, text, signal)     { text, used: [tokens in, tokens out] }
//   stream(model, text, signal)  the text in pieces
//   loop(model, text, streamed)  what the model says when the tool it asked for has answered, by the client's own loop
//                                where it has one
//   object(model, text)          a City, parsed by the client
//   limited(error)               is that the client's own word for "too many requests"?
//   parts                        false where it takes calls of tools in a stream only as wholes
//   thread                       true where its own loop leaves the conversation with the vendor
import { z } from "zod";

export const City = z.object({ city: z.string(), people: z.number() });
export const city = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const City_json = { type: "object", properties: { city: { type: "string" }, people: { type: "number" } },
  required: ["city", "people"], additionalProperties: false };
const about = "Weather of a city";
export const weather = async ({ city }) => `sunny in ${city}`;
const tool = { type: "function", function: { name: "get_weather", description: about, parameters: city } };
const user = (content) => [{ role: "user", content }];

// Calls the tool for every call of a turn, until a turn has none.
async function until_text(turn) {
  for (let results = []; ; ) {
    const { text, calls, answer } = await turn(results);
    if (!calls.length) return text;
    results = await Promise.all(calls.map(async (c) => answer(c, await weather(c.args))));
  }
}

export const sdks = {
  async openai({ url, key }) {
    const { default: OpenAI } = await import("openai");
    const { zodResponseFormat } = await import("openai/helpers/zod");
    const { completions } = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 }).chat;
    return {
      async say(model, text, signal) {
        const r = await completions.create({ model, messages: user(text) }, { signal });
        return { text: r.choices[0].message.content, used: [r.usage.prompt_tokens, r.usage.completion_tokens] };
      },
      async *stream(model, text, signal) {
        for await (const c of await completions.create({ model, messages: user(text), stream: true }, { signal }))
          if (c.choices[0]?.delta.content) yield c.choices[0].delta.content;
      },
      loop: (model, text, stream) => completions.runTools({ model, stream, messages: user(text), tools: [
        { type: "function", function: { ...tool.function, parse: JSON.parse, function: weather } }] }).finalContent(),
      object: async (model, text) => (await completions.parse({ model, messages: user(text),
        response_format: zodResponseFormat(City, "city") })).choices[0].message.parsed,
      limited: (e) => e instanceof OpenAI.RateLimitError,
    };
  },

  async responses({ url, key }) {
    const { default: OpenAI } = await import("openai");
    const { zodTextFormat } = await import("openai/helpers/zod");
    const { responses } = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
    return {
      async say(model, input, signal) {
        const r = await responses.create({ model, input }, { signal });
        return { text: r.output_text, used: [r.usage.input_tokens, r.usage.output_tokens] };
      },
      async *stream(model, input, signal) {
        for await (const e of responses.stream({ model, input }, { signal })) {
          if (e.type === "response.failed" || e.type === "error") throw new Error((e.response?.error ?? e).message);
          if (e.type === "response.output_text.delta") yield e.delta;
        }
      },
      loop(model, text, stream) {
        const input = user(text);
        return until_text(async (results) => {
          input.push(...results);
          const body = { model, input, tools: [{ type: "function", strict: true, ...tool.function }] };
          const r = stream ? await responses.stream(body).finalResponse() : await responses.create(body);
          input.push(...r.output);
          return { text: r.output_text, answer: (c, output) => ({ type: "function_call_output", call_id: c.id, output }),
            calls: r.output.filter((i) => i.type === "function_call").map((c) => ({ id: c.call_id, args: JSON.parse(c.arguments) })) };
        });
      },
      object: async (model, input) =>
        (await responses.parse({ model, input, text: { format: zodTextFormat(City, "city") } })).output_parsed,
      limited: (e) => e instanceof OpenAI.RateLimitError,
    };
  },

  async anthropic({ url, key }) {
    const { default: Anthropic } = await import("@anthropic-ai/sdk");
    const { betaZodTool } = await import("@anthropic-ai/sdk/helpers/beta/zod");
    const { zodOutputFormat } = await import("@anthropic-ai/sdk/helpers/zod");
    const ai = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
    const ask = (model, text) => ({ model, max_tokens: 1000, messages: user(text) });
    return {
      async say(model, text, signal) {
        const r = await ai.messages.create(ask(model, text), { signal });
        return { text: r.content[0].text, used: [r.usage.input_tokens, r.usage.output_tokens] };
      },
      async *stream(model, text, signal) {
        const s = ai.messages.stream(ask(model, text), { signal });
        for await (const e of s) if (e.delta?.type === "text_delta") yield e.delta.text;
        await s.finalMessage();
      },
      async loop(model, text, stream) {
        const runner = ai.beta.messages.toolRunner({ ...ask(model, text), stream, tools: [
          betaZodTool({ name: "get_weather", description: about, inputSchema: z.object({ city: z.string() }), run: weather })] });
        const end = await runner.runUntilDone();
        return end.content.map((b) => b.text ?? "").join("");
      },
      object: async (model, text) =>
        (await ai.messages.parse({ ...ask(model, text), output_config: { format: zodOutputFormat(City) } })).parsed_output,
      limited: (e) => e instanceof Anthropic.RateLimitError,
      thread: true,
    };
  },

  async genai({ url, key }) {
    const { ApiError, GoogleGenAI } = await import("@google/genai");
    const { models } = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url, retryOptions: { attempts: 1 } } });
    return {
      async say(model, contents, abortSignal) {
        const r = await models.generateContent({ model, contents, config: { abortSignal } });
        return { text: r.text, used: [r.usageMetadata.promptTokenCount, r.usageMetadata.candidatesTokenCount] };
      },
      async *stream(model, contents, abortSignal) {
        for await (const c of await models.generateContentStream({ model, contents, config: { abortSignal } }))
          if (c.text) yield c.text;
      },
      async loop(model, contents, stream) {
        const callable = { tool: async () => ({ functionDeclarations: [{ name: "get_weather", description: about, parametersJsonSchema: city }] }),
          callTool: (calls) => Promise.all(calls.map(async ({ id, name, args }) =>
            ({ functionResponse: { id, name, response: { output: await weather(args) } } }))) };
        const ask = { model, contents, config: { tools: [callable] } };
        if (!stream) return (await models.generateContent(ask)).text;
        let said = "";
        for await (const c of await models.generateContentStream(ask)) said = c.functionCalls ? "" : said + (c.text ?? "");
        return said;
      },
      object: async (model, contents) => City.parse(JSON.parse((await models.generateContent({ model, contents,
        config: { responseMimeType: "application/json", responseJsonSchema: City_json } })).text)),
      limited: (e) => e instanceof ApiError && e.status === 429,
    };
  },

  async cohere({ url, key }) {
    const { CohereClientV2, CohereError } = await import("cohere-ai");
    // Its clock runs on after calls that failed, and with it the process.
    const ai = new CohereClientV2({ baseUrl: url, token: key, maxRetries: 0, timeoutInSeconds: 15 });
    return {
      async say(model, text, abortSignal) {
        const r = await ai.chat({ model, messages: user(text) }, { abortSignal, maxRetries: 0 });
        return { text: r.message.content[0].text, used: [r.usage.tokens.inputTokens, r.usage.tokens.outputTokens] };
      },
      async *stream(model, text, abortSignal) {
        for await (const e of await ai.chatStream({ model, messages: user(text) }, { abortSignal, maxRetries: 0 })) {
          if (e.type === "content-delta") yield e.delta.message.content.text;
          if (e.type === "message-end" && e.delta.finishReason === "ERROR") throw new Error(e.delta.error);
        }
      },
      loop(model, text) {
        const messages = user(text);
        return until_text(async (results) => {
          messages.push(...results);
          const { message } = await ai.chat({ model, messages, tools: [tool] }, { maxRetries: 0 });
          messages.push({ role: "assistant", toolPlan: message.toolPlan, toolCalls: message.toolCalls });
          return { text: message.content?.[0]?.text, answer: (c, content) => ({ role: "tool", toolCallId: c.id, content }),
            calls: (message.toolCalls ?? []).map((c) => ({ id: c.id, args: JSON.parse(c.function.arguments) })) };
        });
      },
      object: async (model, text) => City.parse(JSON.parse((await ai.chat({ model, messages: user(text),
        responseFormat: { type: "json_object", jsonSchema: City_json } }, { maxRetries: 0 })).message.content[0].text)),
      limited: (e) => e instanceof CohereError && e.statusCode === 429,
    };
  },

  // Over HTTP/2 unless it is told otherwise, and signed.
  async bedrock({ url, aws, http1 }) {
    const { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } = await import("@aws-sdk/client-bedrock-runtime");
    const { NodeHttpHandler } = await import("@smithy/node-http-handler");
    const ai = new BedrockRuntimeClient({ region: "us-east-1", endpoint: url, maxAttempts: 1, credentials: aws,
      ...(http1 && { requestHandler: new NodeHttpHandler() }) });
    const ask = (modelId, text) => ({ modelId, messages: user([{ text }]) });
    const read = async ({ stream }) => {
      const content = [];
      for await (const { contentBlockStart: start, contentBlockDelta: d } of stream) {
        if (start?.start?.toolUse) content[start.contentBlockIndex] = { toolUse: { ...start.start.toolUse, input: "" } };
        if (d?.delta.text) (content[d.contentBlockIndex] ??= { text: "" }).text += d.delta.text;
        if (d?.delta.toolUse) content[d.contentBlockIndex].toolUse.input += d.delta.toolUse.input;
      }
      for (const { toolUse } of content) if (toolUse) toolUse.input = JSON.parse(toolUse.input);
      return { role: "assistant", content };
    };
    return {
      async say(model, text, abortSignal) {
        const r = await ai.send(new ConverseCommand(ask(model, text)), { abortSignal });
        return { text: r.output.message.content[0].text, used: [r.usage.inputTokens, r.usage.outputTokens] };
      },
      async *stream(model, text, abortSignal) {
        const r = await ai.send(new ConverseStreamCommand(ask(model, text)), { abortSignal });
        for await (const e of r.stream) if (e.contentBlockDelta?.delta.text) yield e.contentBlockDelta.delta.text;
      },
      loop(model, text, stream) {
        const body = { ...ask(model, text), toolConfig: { tools: [
          { toolSpec: { name: "get_weather", description: about, inputSchema: { json: city } } }] } };
        return until_text(async (results) => {
          if (results.length) body.messages.push({ role: "user", content: results });
          const message = stream ? await read(await ai.send(new ConverseStreamCommand(body)))
            : (await ai.send(new ConverseCommand(body))).output.message;
          body.messages.push(message);
          return { text: message.content[0].text, calls: message.content.flatMap(({ toolUse: t }) => (t ? [{ id: t.toolUseId, args: t.input }] : [])),
            answer: (c, text) => ({ toolResult: { toolUseId: c.id, content: [{ text }] } }) };
        });
      },
      limited: (e) => e.name === "ThrottlingException" && e.$metadata.httpStatusCode === 429,
      close: () => ai.destroy(),
    };
  },

  async ollama({ url, key }) {
    const { Ollama } = await import("ollama");
    const open = () => new Ollama({ host: url, headers: { authorization: `Bearer ${key}` } });
    // It stops all of a client's streams, or none: one client each.
    const watched = (signal) => {
      const ai = open();
      signal?.addEventListener("abort", () => ai.abort());
      return ai;
    };
    return {
      async say(model, text, signal) {
        const r = await watched(signal).chat({ model, messages: user(text) });
        return { text: r.message.content, used: [r.prompt_eval_count, r.eval_count] };
      },
      async *stream(model, text, signal) {
        for await (const l of await watched(signal).chat({ model, messages: user(text), stream: true }))
          if (l.message.content) yield l.message.content;
      },
      loop(model, text, stream) {
        const messages = user(text);
        return until_text(async (results) => {
          messages.push(...results);
          const r = await open().chat({ model, messages, tools: [tool], stream });
          const said = { role: "assistant", content: "", tool_calls: [] };
          for await (const { message: m } of stream ? r : [r]) {
            said.content += m.content;
            said.tool_calls.push(...(m.tool_calls ?? []));
          }
          messages.push(said);
          return { text: said.content, calls: said.tool_calls.map((c) => ({ name: c.function.name, args: c.function.arguments })),
            answer: (c, content) => ({ role: "tool", tool_name: c.name, content }) };
        });
      },
      object: async (model, text) =>
        City.parse(JSON.parse((await open().chat({ model, messages: user(text), format: City_json })).message.content)),
      limited: (e) => e.name === "ResponseError" && e.status_code === 429,
    };
  },

  // It checks every answer against schemas of its own. By those a call of a tool comes whole, as its vendor sends it, and
  // never in the parts of OpenAI's streams.
  async mistral({ url, key }) {
    const { Mistral } = await import("@mistralai/mistralai");
    const { MistralError } = await import("@mistralai/mistralai/models/errors/mistralerror.js");
    const { chat } = new Mistral({ serverURL: url, apiKey: key, retryConfig: { strategy: "none" } });
    const options = (signal) => (signal ? { fetchOptions: { signal } } : {});
    return {
      async say(model, text, signal) {
        const r = await chat.complete({ model, messages: user(text) }, options(signal));
        return { text: r.choices[0].message.content, used: [r.usage.promptTokens, r.usage.completionTokens] };
      },
      async *stream(model, text, signal) {
        for await (const { data } of await chat.stream({ model, messages: user(text) }, options(signal)))
          if (data.choices[0]?.delta.content) yield data.choices[0].delta.content;
      },
      loop(model, text, stream) {
        const messages = user(text);
        return until_text(async (results) => {
          messages.push(...results);
          const body = { model, messages, tools: [tool] };
          let said = { role: "assistant", content: "", toolCalls: [] };
          if (!stream) said = (await chat.complete(body)).choices[0].message;
          else
            for await (const { data } of await chat.stream(body)) {
              const { content, toolCalls } = data.choices[0]?.delta ?? {};
              said.content += content ?? "";
              said.toolCalls.push(...(toolCalls ?? []));
            }
          messages.push(said);
          return { text: said.content, calls: (said.toolCalls ?? []).map((c) => ({ id: c.id, args: JSON.parse(c.function.arguments) })),
            answer: (c, content) => ({ role: "tool", toolCallId: c.id, name: "get_weather", content }) };
        });
      },
      object: async (model, text) =>
        (await chat.parse({ model, messages: user(text), responseFormat: City })).choices[0].message.parsed,
      limited: (e) => e instanceof MistralError && e.statusCode === 429,
      parts: false,
    };
  },

  // Its paths begin with /openai/v1, whatever its base is.
  async groq({ url, key }) {
    const { default: Groq } = await import("groq-sdk");
    const { completions } = new Groq({ baseURL: `${url}/groq`, apiKey: key, maxRetries: 0 }).chat;
    return {
      async say(model, text, signal) {
        const r = await completions.create({ model, messages: user(text) }, { signal });
        return { text: r.choices[0].message.content, used: [r.usage.prompt_tokens, r.usage.completion_tokens] };
      },
      async *stream(model, text, signal) {
        for await (const c of await completions.create({ model, messages: user(text), stream: true }, { signal }))
          if (c.choices[0]?.delta.content) yield c.choices[0].delta.content;
      },
      loop(model, text) {
        const messages = user(text);
        return until_text(async (results) => {
          messages.push(...results);
          const { message } = (await completions.create({ model, messages, tools: [tool] })).choices[0];
          messages.push(message);
          return { text: message.content, calls: (message.tool_calls ?? []).map((c) => ({ id: c.id, args: JSON.parse(c.function.arguments) })),
            answer: (c, content) => ({ role: "tool", tool_call_id: c.id, content }) };
        });
      },
      object: async (model, text) => City.parse(JSON.parse((await completions.create({ model, messages: user(text),
        response_format: { type: "json_schema", json_schema: { name: "city", schema: City_json } } })).choices[0].message.content)),
      limited: (e) => e instanceof Groq.RateLimitError,
    };
  },
};
