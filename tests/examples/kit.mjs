// SPDX-License-Identifier: Apache-2.0
// kit.mjs - runs the examples of sdk/examples; $SLUICE_EXAMPLES names the folder they were built
// into, if that is not the build tree's.
import { spawn } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { after } from "node:test";
import { environment, file, program, until } from "../e2e/kit.mjs";

const folder = process.env.SLUICE_EXAMPLES ?? path.dirname(program);
const binary = (name) => path.join(folder, `example_${name}`);
const running = new Set();
after(() => {
  for (const child of running) child.kill("SIGKILL");
});

// One run to its end.
export function example(name, args = [], env = {}) {
  const child = spawn(binary(name), args, { env: environment(env), stdio: ["ignore", "pipe", "pipe"] });
  const r = { out: "", err: "" };
  running.add(child);
  child.stdout.setEncoding("utf8").on("data", (text) => (r.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (r.err += text));
  return new Promise((done) => child.on("close", (status) => {
    running.delete(child);
    done({ ...r, status });
  }));
}

// The daemon, listening.
export async function daemon({ config, env = {} } = {}) {
  const where = config === undefined ? undefined : file(config);
  const child = spawn(binary("daemon"), where ? [where] : [], { env: environment(env) });
  const d = { child, config: where, out: "", err: "" };
  running.add(child);
  d.ended = new Promise((done) => child.on("close", (status, signal) => {
    running.delete(child);
    d.over = { status, signal };
    done(d.over);
  }));
  child.stdout.on("data", (text) => (d.out += text));
  child.stderr.on("data", (text) => (d.err += text));
  await until(() => /port \d+\n/.test(d.out) || d.over, () => d.err);
  d.port = Number(/port (\d+)/.exec(d.out)?.[1]);
  d.end = (signal = "SIGTERM") => (child.kill(signal), d.ended);
  d.connect = () => {
    const c = { socket: net.connect(d.port, "127.0.0.1"), text: "", closed: false };
    c.socket.on("data", (bytes) => (c.text += bytes));
    c.socket.on("error", () => {});
    c.socket.on("close", () => (c.closed = true));
    c.send = (...requests) => c.socket.write(requests.map((r) => `${typeof r === "string" ? r : JSON.stringify(r)}\n`).join(""));
    // Answers so far, each a list of chunks.
    c.answers = () => c.text.split("\n\n").slice(0, -1).map((a) => a.split("\n").filter(Boolean).map((l) => JSON.parse(l)));
    c.answered = async (n = 1) => {
      await until(() => c.answers().length >= n, () => `${c.answers().length} answers: ${c.text} ${d.err}`);
      return c.answers();
    };
    return c;
  };
  return d;
}

export const content = (chunks) => chunks.map((c) => c.choices?.[0]?.delta?.content ?? "").join("");
