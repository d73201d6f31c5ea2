// SPDX-License-Identifier: Apache-2.0
// batches.mjs - the official openai client runs batches on vendors whose own have another form: upload, create, poll,
// read what came of it, cancel, list. The vendors are scripted: Anthropic's Message Batches and Files API, Bedrock's jobs and S3.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { toFile } from "openai";
import { client, form, message, start } from "./kit.mjs";

// A server whose answers a function makes: [status, body, headers], the body an object or a text.
async function server(answer) {
  const s = { asked: [] };
  const listener = http.createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", () => {
      const raw = Buffer.concat(parts);
      const url = new URL(req.url, "http://x");
      const call = { method: req.method, path: url.pathname, query: url.searchParams, headers: req.headers, raw,
        text: raw.toString() };
      s.asked.push(call);
      const [status, body = "", headers = {}] = answer(call);
      const text = typeof body === "string" ? body : JSON.stringify(body);
      res.writeHead(status, { "content-type": typeof body === "string" ? "text/plain" : "application/json", ...headers });
      res.end(text);
    });
  });
  await new Promise((r) => listener.listen(0, "127.0.0.1", r));
  s.url = `http://127.0.0.1:${listener.address().port}`;
  s.close = () => {
    listener.closeAllConnections();
    listener.close();
  };
  s.last = () => s.asked.at(-1);
  return s;
}

const none = [404, { type: "error", error: { type: "not_found_error", message: "Not found" } }];

// Anthropic: batches by id; a test ends them.
function anthropic() {
  const batches = new Map();
  const files = new Map();
  const show = (b) => ({ id: b.id, type: "message_batch", processing_status: b.status, request_counts: b.counts,
    created_at: "2026-01-02T03:04:05.123456+00:00", expires_at: "2026-01-03T03:04:05+00:00",
    ended_at: b.status === "ended" ? "2026-01-02T04:00:00Z" : null,
    cancel_initiated_at: b.cancelled ? "2026-01-02T03:30:00Z" : null, archived_at: null,
    results_url: b.status === "ended" ? `https://api.anthropic.com/v1/messages/batches/${b.id}/results` : null });
  const page = (all) => ({ data: all, has_more: false, first_id: all[0]?.id ?? null, last_id: all.at(-1)?.id ?? null });
  const answer = ({ method, path, text, headers }) => {
    const [, one, what] = path.match(/^\/v1\/messages\/batches(?:\/([^/]+))?(?:\/(\w+))?$/) ?? [];
    if (path.startsWith("/v1/files")) {
      assert.match(headers["anthropic-beta"], /files-api-2025-04-14/);
      const id = path.split("/")[3];
      if (method === "POST") files.set("file_011", { id: "file_011", type: "file", filename: "a.pdf",
        mime_type: "application/pdf", size_bytes: 4, created_at: "2026-01-02T03:04:05Z", downloadable: false });
      if (!id) return [200, method === "POST" ? files.get("file_011") : page([...files.values()])];
      if (!files.has(id)) return none;
      if (method === "DELETE") return files.delete(id), [200, { id, type: "file_deleted" }];
      return [200, files.get(id)];
    }
    if (!one && method === "POST") {
      const { requests } = JSON.parse(text);
      const b = { id: `msgbatch_0${batches.size + 1}`, requests, status: "in_progress", lines: [],
        counts: { processing: requests.length, succeeded: 0, errored: 0, canceled: 0, expired: 0 } };
      batches.set(b.id, b);
      return [200, show(b)];
    }
    if (!one) return [200, page([...batches.values()].reverse().map(show))];
    const b = batches.get(one);
    if (!b) return none;
    if (what === "cancel") Object.assign(b, { status: "canceling", cancelled: true });
    if (what !== "results") return [200, show(b)];
    return b.status === "ended" ? [200, b.lines.map((l) => JSON.stringify(l)).join("\n") + "\n"] : none;
  };
  const end = (id, lines) => {
    const b = batches.get(id);
    b.status = "ended";
    b.lines = lines;
    b.counts.processing = 0;
    for (const l of lines) b.counts[l.result.type]++;
  };
  return { answer, batches, end };
}

// Bedrock's control plane and S3, at one address.
function bedrock() {
  const objects = new Map();
  const jobs = new Map();
  const xml = (code) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>The specified key does not exist.</Message></Error>`;
  const s3 = ({ method, path, query, raw, headers }) => {
    assert.match(headers.authorization, /\/s3\/aws4_request/);
    const key = decodeURIComponent(path.slice("/bucket/".length));
    if (query.get("list-type")) {
      const keys = [...objects.keys()].filter((k) => k.startsWith(query.get("prefix")) && k > (query.get("start-after") ?? "")).sort();
      const shown = keys.slice(0, Number(query.get("max-keys")));
      return [200, `<ListBucketResult><IsTruncated>${keys.length > shown.length}</IsTruncated>${shown.map((k) =>
        `<Contents><Key>${k}</Key><Size>${objects.get(k).body.length}</Size></Contents>`).join("")}</ListBucketResult>`];
    }
    if (method === "PUT") return objects.set(key, { body: raw, name: headers["x-amz-meta-filename"] }), [200];
    if (method === "DELETE") return objects.delete(key), [204];
    const o = objects.get(key);
    if (!o) return [404, xml("NoSuchKey"), { "content-type": "application/xml" }];
    const more = o.name ? { "x-amz-meta-filename": o.name } : {};
    if (headers.range) return [206, o.body.subarray(0, 1).toString(), { ...more, "content-range": `bytes 0-0/${o.body.length}` }];
    return [200, o.body.toString(), more];
  };
  const answer = (call) => {
    const { method, path, text, headers } = call;
    if (path.startsWith("/bucket")) return s3(call);
    assert.match(headers.authorization, /\/bedrock\/aws4_request/);
    if (path === "/model-invocation-job") {
      const id = `abc${String(jobs.size).padStart(9, "0")}`;
      jobs.set(id, { ...JSON.parse(text), jobArn: `arn:aws:bedrock:eu-west-1:123456789012:model-invocation-job/${id}`,
        status: "Submitted", submitTime: `2026-01-02T03:04:0${jobs.size}Z` });
      return [200, { jobArn: jobs.get(id).jobArn }];
    }
    if (path === "/model-invocation-jobs") return [200, { invocationJobSummaries: [...jobs.values()].reverse() }];
    const job = jobs.get(path.split("/")[2]);
    if (!job) return [404, { message: "No such job." }, { "x-amzn-errortype": "ResourceNotFoundException" }];
    if (path.endsWith("/stop")) return (job.status = "Stopping"), [200, {}];
    assert.equal(method, "GET");
    return [200, job];
  };
  // What the job read, and what it writes.
  const input = (job) => objects.get(job.inputDataConfig.s3InputDataConfig.s3Uri.replace("s3://bucket/", "")).body.toString()
    .trim().split("\n").map((l) => JSON.parse(l));
  const end = (id, lines) => {
    const job = jobs.get(id);
    const name = job.inputDataConfig.s3InputDataConfig.s3Uri.split("/").at(-1);
    const folder = job.outputDataConfig.s3OutputDataConfig.s3Uri.replace("s3://bucket/", "");
    objects.set(`${folder}${id}/${name}.out`, { body: Buffer.from(lines.map((l) => JSON.stringify(l)).join("\n") + "\n") });
    const bad = lines.filter((l) => l.error).length;
    Object.assign(job, { status: "Completed", endTime: "2026-01-02T04:00:00Z", totalRecordCount: lines.length,
      successRecordCount: lines.length - bad, errorRecordCount: bad });
  };
  return { answer, jobs, objects, input, end };
}

let a, b, va, vb, g, ai;
before(async () => {
  a = anthropic();
  b = bedrock();
  va = await server((call) => a.answer(call));
  vb = await server((call) => b.answer(call));
  g = await start({ config: { general_settings: { master_key: "sk-client" }, router_settings: { num_retries: 0 }, model_list: [
    { model_name: "claude", litellm_params: { model: "anthropic/claude-sonnet-4-5", api_base: va.url, api_key: "sk-v" } },
    { model_name: "nova", litellm_params: { model: "bedrock/amazon.nova-lite-v1:0", api_base: vb.url,
      aws_access_key_id: "AKIDEXAMPLE", aws_secret_access_key: "secret", aws_region_name: "eu-west-1",
      s3_bucket_name: "bucket/pre", aws_batch_role_arn: "arn:aws:iam::123456789012:role/batch" } },
  ] } });
  ai = client(g);
});
after(async () => {
  await g.end();
  va.close();
  vb.close();
});

const line = (custom_id, model, body = {}) => JSON.stringify({ custom_id, method: "POST", url: "/v1/chat/completions",
  body: { model, max_tokens: 20, messages: [{ role: "user", content: `I am ${custom_id}` }], ...body } });
const upload = async (provider, ...lines) => ai.files.create(
  { file: await toFile(Buffer.from(lines.join("\n")), "in.jsonl"), purpose: "batch" },
  { headers: { "custom-llm-provider": provider } });
const create = (file, more = {}) => ai.batches.create({ input_file_id: file.id, endpoint: "/v1/chat/completions",
  completion_window: "24h", ...more });
const lines = async (id) => (await (await ai.files.content(id)).text()).trim().split("\n").map((l) => JSON.parse(l));

const cases = {
  anthropic: {
    model: "claude",
    sent: () => a.batches.get([...a.batches.keys()].at(-1)).requests,
    check: (sent) => {
      assert.deepEqual(sent.map((r) => r.custom_id), ["one", "two"]);
      assert.equal(sent[0].params.model, "claude-sonnet-4-5");
      assert.deepEqual(sent[0].params.messages, [{ role: "user", content: [{ type: "text", text: "I am one" }] }]);
      assert.equal(sent[0].params.max_tokens, 20);
    },
    end: () => a.end([...a.batches.keys()].at(-1), [
      { custom_id: "one", result: { type: "succeeded", message: message([{ type: "text", text: "Hello." }]) } },
      { custom_id: "two", result: { type: "errored", error: { type: "error", error: { type: "invalid_request_error", message: "too long" } } } },
    ]),
    usage: { prompt_tokens: 12, completion_tokens: 6 },
  },
  bedrock: {
    model: "nova",
    sent: () => b.input([...b.jobs.values()].at(-1)),
    check: (sent) => {
      assert.deepEqual(sent.map((r) => r.recordId), ["one", "two"]);
      assert.deepEqual(sent[0].modelInput, { messages: [{ role: "user", content: [{ text: "I am one" }] }],
        inferenceConfig: { maxTokens: 20 } });
      const job = [...b.jobs.values()].at(-1);
      assert.equal(job.modelId, "amazon.nova-lite-v1:0");
      assert.equal(job.modelInvocationType, "Converse");
      assert.equal(job.roleArn, "arn:aws:iam::123456789012:role/batch");
    },
    end: () => b.end([...b.jobs.keys()].at(-1), [
      { recordId: "one", modelInput: {}, modelOutput: { output: { message: { role: "assistant", content: [{ text: "Hello." }] } },
        stopReason: "end_turn", usage: { inputTokens: 12, outputTokens: 6, totalTokens: 18 } } },
      { recordId: "two", modelInput: {}, error: { errorCode: 400, errorMessage: "too long" } },
    ]),
    usage: { prompt_tokens: 12, completion_tokens: 6 },
  },
};

for (const [name, c] of Object.entries(cases)) {
  test(`${name}: a batch from its file to its answers`, async () => {
    const file = await upload(name, line("one", c.model), line("two", c.model));
    assert.equal(file.purpose, "batch");
    assert.equal(file.filename, "in.jsonl");
    assert.deepEqual(await ai.files.retrieve(file.id), file);
    assert.equal(await (await ai.files.content(file.id)).text(), [line("one", c.model), line("two", c.model)].join("\n"));

    const batch = await create(file, { metadata: { for: "test" } });
    assert.equal(batch.object, "batch");
    assert.equal(batch.input_file_id, file.id);
    assert.deepEqual(batch.metadata, { for: "test" });
    assert.equal(batch.request_counts.total, 2);
    c.check(c.sent());

    const running = await ai.batches.retrieve(batch.id);
    assert.equal(running.id, batch.id);
    assert.equal(running.input_file_id, file.id);
    assert.deepEqual(running.metadata, { for: "test" });
    assert.ok(["validating", "in_progress"].includes(running.status));
    assert.equal(running.output_file_id, null);

    c.end();
    const done = await ai.batches.retrieve(batch.id);
    assert.equal(done.status, "completed");
    assert.deepEqual(done.request_counts, { total: 2, completed: 1, failed: 1 });
    assert.ok(done.completed_at > done.created_at);

    const [good, ...others] = await lines(done.output_file_id);
    assert.deepEqual(others, []);
    assert.equal(good.custom_id, "one");
    assert.equal(good.error, null);
    assert.equal(good.response.status_code, 200);
    assert.equal(good.response.body.object, "chat.completion");
    assert.deepEqual(good.response.body.choices[0].message.content, "Hello.");
    assert.equal(good.response.body.usage.prompt_tokens, c.usage.prompt_tokens);
    assert.equal(good.response.body.usage.completion_tokens, c.usage.completion_tokens);
    const [bad] = await lines(done.error_file_id);
    assert.equal(bad.custom_id, "two");
    assert.equal(bad.response.status_code, 400);
    assert.match(bad.response.body.error.message, /too long/);
    assert.equal((await ai.files.retrieve(done.output_file_id)).purpose, "batch_output");
  });

  test(`${name}: a batch is cancelled, and all are listed`, async () => {
    const batch = await create(await upload(name, line("one", c.model)));
    assert.equal((await ai.batches.cancel(batch.id)).status, "cancelling");
    const listed = [];
    for await (const one of ai.batches.list({ limit: 10 }, { query: { limit: 10, provider: name } })) listed.push(one.id);
    assert.ok(listed.includes(batch.id));
    assert.ok(listed.length >= 2);
  });

  test(`${name}: a line that cannot be translated is named, and nothing is sent`, async () => {
    const v = name === "anthropic" ? va : vb;
    for (const [bad, param] of [
      [line("two", c.model, { n: 2 }), "lines.[1].body.n"],
      [line("two", "nobody"), "lines.[1].body.model"],
      ["{", "lines.[1]"],
    ]) {
      const file = await upload(name, line("one", c.model), bad);
      const before = v.asked.filter((q) => q.method !== "GET").length;
      await assert.rejects(create(file), (e) => {
        assert.equal(e.status, 400);
        assert.equal(e.param, param);
        assert.match(e.message, /Line 2 of the file/);
        return true;
      });
      assert.equal(v.asked.filter((q) => q.method !== "GET").length, before);
    }
  });

  test(`${name}: what is not there, and what is another account's, is refused`, async () => {
    const file = await upload(name, line("one", c.model));
    assert.equal((await ai.files.delete(file.id)).deleted, true);
    await assert.rejects(create(file), (e) => e.status === 404 && e.param === "input_file_id");
    await assert.rejects(ai.files.retrieve(file.id), (e) => e.status === 404);
    await assert.rejects(ai.batches.retrieve(`${file.id.slice(0, -2)}AA`), (e) => e.status === 404);
    const other = await upload(name === "anthropic" ? "bedrock" : "anthropic", line("one", c.model));
    await assert.rejects(create(other), (e) => e.status === 400 && /not served by the account/.test(e.message));
  });
}

test("bedrock: files are listed, the newest first, and in pages", async () => {
  const all = [];
  for await (const f of ai.files.list({ limit: 2 }, { query: { limit: 2, provider: "bedrock" } })) all.push(f);
  assert.ok(all.length >= 3);
  assert.deepEqual(all.map((f) => f.created_at), all.map((f) => f.created_at).sort((x, y) => y - x));
});

test("anthropic: a file of another purpose is the Files API's", async () => {
  const file = await ai.files.create({ file: await toFile(Buffer.from("%PDF"), "a.pdf", { type: "application/pdf" }),
    purpose: "user_data" }, { headers: { "custom-llm-provider": "anthropic" } });
  assert.equal(file.filename, "a.pdf");
  const sent = va.last();
  assert.equal(sent.path, "/v1/files");
  const parts = await form(sent);
  assert.deepEqual(Object.keys(parts), ["file"]);
  assert.equal(parts.file.name, "a.pdf");
  assert.equal((await ai.files.retrieve(file.id)).id, file.id);
  const listed = [];
  for await (const f of ai.files.list({}, { query: { provider: "anthropic" } })) listed.push(f.id);
  assert.deepEqual(listed, [file.id]);
  assert.equal((await ai.files.delete(file.id)).deleted, true);
  await assert.rejects(ai.files.retrieve(file.id), (e) => e.status === 404);
});
