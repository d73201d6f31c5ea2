// SPDX-License-Identifier: Apache-2.0
// kit.mjs - starts the real program for a test and talks to it over plain sockets. Ports are never fixed, and
// whatever was started is stopped at the end. $SLUICE_BUILD names the build tree.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = path.dirname(fileURLToPath(import.meta.url));
const build = process.env.SLUICE_BUILD ?? path.join(here, "..", "..", "build", "release");
export const program = path.join(build, "bin", "sluice");
export const plugins = path.join(build, "lib", "sluice", "1");

const folder = mkdtempSync(path.join(os.tmpdir(), "sluice-e2e-"));
const running = new Set();
after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

// What gzip writes behind its data: older Nodes have no crc32 of their own.
export const crc32 = (bytes) => gzipSync(bytes).subarray(-8).readUInt32LE(0);

// Nothing of the tester's environment may decide what is served.
export function environment(extra = {}) {
  const keep = ["PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"];
  const env = {};
  for (const name of keep) if (process.env[name]) env[name] = process.env[name];
  return { ...env, ...extra };
}

let files = 0;
export function file(text, name = `config-${files++}.yaml`) {
  const where = path.join(folder, name);
  writeFileSync(where, typeof text === "string" ? text : JSON.stringify(text));
  return where;
}

export const mockConfig = (more = {}) => ({
  model_list: [
    { model_name: "echo", litellm_params: { model: "mock/echo" } },
    { model_name: "slow-stream", litellm_params: { model: "mock/stream-slow" } },
    { model_name: "slow", litellm_params: { model: "mock/slow" } },
    { model_name: "long", litellm_params: { model: "mock/long" } },
  ],
  ...more,
});

// One run to its end.
export function run(args, { env = {}, input } = {}) {
  const r = spawnSync(program, args, { env: environment(env), encoding: "utf8", input, timeout: 60000 });
  return { status: r.status, signal: r.signal, out: r.stdout, err: r.stderr, all: r.stdout + r.stderr };
}

// A gateway that listens. config: an object or text, or undefined for none.
export async function start({ config, args = [], env = {}, binary = program } = {}) {
  const where = config === undefined ? undefined : file(config);
  const all = ["--port", "0", ...(where ? ["--config", where] : []), ...args];
  const child = spawn(binary, all, { env: environment(env), stdio: ["ignore", "pipe", "pipe"] });
  const g = { child, config: where, out: "", err: "", ended: null };
  running.add(child);
  const ended = new Promise((done) =>
    child.on("close", (status, signal) => {
      running.delete(child);
      g.ended = { status, signal };
      done(g.ended);
    }));
  g.end = (signal = "SIGTERM") => {
    child.kill(signal);
    return ended;
  };
  g.wait = () => ended;
  child.stderr.on("data", (d) => (g.err += d));
  await new Promise((done, fail) => {
    child.stdout.on("data", (d) => {
      g.out += d;
      if (/ try:[^]*\n\n/.test(g.out)) done();
    });
    ended.then(() => fail(new Error(`ended at the start: ${g.out}${g.err}`)));
  });
  g.url = /at (https?:\/\/\S+) - try/.exec(g.out)[1];
  g.port = Number(new URL(g.url).port);
  g.curl = /^ {4}(curl .*)$/m.exec(g.out)[1];
  g.log = (pattern) => until(() => pattern.test(g.err), () => `no ${pattern} in: ${g.err}`);
  g.ask = (method, target, options) => ask(g.port, method, target, options);
  g.chat = (body, headers) => g.ask("POST", "/v1/chat/completions", { body, headers });
  return g;
}

export async function until(test, otherwise = () => "in vain") {
  for (let i = 0; i < 1000; i++) {
    if (await test()) return;
    await new Promise((r) => setTimeout(r, 20));
  }
  throw new Error(otherwise());
}

// One request on its own connection.
export function ask(port, method, target, { body, headers = {} } = {}) {
  const data = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const fields = { ...(data === undefined ? {} : { "content-type": "application/json" }), ...headers };
  if (data !== undefined && !("transfer-encoding" in fields)) fields["content-length"] = Buffer.byteLength(data);
  return new Promise((done, fail) => {
    const req = http.request({ host: "127.0.0.1", port, method, path: target, headers: fields, agent: false });
    req.on("error", fail);
    req.on("response", (res) => {
      const parts = [];
      res.on("data", (d) => parts.push(d));
      res.on("error", fail);
      res.on("end", () => {
        const text = Buffer.concat(parts).toString();
        let json;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        done({ status: res.statusCode, headers: res.headers, text, json });
      });
    });
    req.end(data);
  });
}

// Bytes as they are, for what no client library would send. Resolves when the gateway closes.
export function raw(port, text) {
  return new Promise((done, fail) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(text));
    let all = "";
    socket.on("data", (d) => (all += d));
    socket.on("error", fail);
    socket.on("close", () => done(all));
  });
}

export const hello = (model, more = {}) => ({ model, messages: [{ role: "user", content: "hello" }], ...more });
export const bearer = (key) => ({ authorization: `Bearer ${key}` });
