// SPDX-License-Identifier: Apache-2.0
// world.mjs - the two ends of a cell: a server that plays every vendor, byte for byte as scripted, and the real gateway
// in front of it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

// The gateway with that configuration. Nothing of the tester's environment decides what is served.
async function start(build, config) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sluice-matrix-")), file = path.join(folder, "config.yaml");
  writeFileSync(file, JSON.stringify(config));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(PATH|HOME|.SAN_OPTIONS|.*_OPTIONS)$/.test(name)));
  const child = spawn(path.join(build, "bin", "sluice"), ["--port", "0", "--config", file],
    { env, stdio: ["ignore", "pipe", "pipe"] });
  const g = { log: "" };
  const ended = new Promise((done) => child.on("close", (code, signal) => {
    rmSync(folder, { recursive: true, force: true });
    done(code === 0 ? "" : `the gateway ended with ${signal ?? code}: ${g.log}`);
  }));
  process.on("exit", () => child.kill("SIGKILL"));
  child.stderr.on("data", (d) => (g.log += d));
  g.end = () => {
    child.kill("SIGTERM");
    return ended;
  };
  let out = "";
  await new Promise((done, fail) => {
    child.stdout.on("data", (d) => {
      out += d;
      if (/ try:[^]*\n\n/.test(out)) done();
    });
    ended.then(() => fail(new Error(`the gateway ended at the start: ${out}${g.log}`)));
  });
  g.port = Number(new URL(/at (http:\/\/\S+) - try/.exec(out)[1]).port);
  return g;
}

export async function world(build, vendors) {
  const w = { seen: [], script: [] };
  const server = http.createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", () => {
      if (req.method === "GET") { // a picture that somebody points at
        res.writeHead(200, { "content-type": "image/png" });
        res.end(w.picture);
        return;
      }
      const text = Buffer.concat(parts);
      w.seen.push({ path: req.url, headers: req.headers, text, body: JSON.parse(text) });
      play(res, w.script.shift() ?? { status: 500, body: Buffer.from("{}") });
    });
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  const base = `http://127.0.0.1:${server.address().port}`;
  const gateway = await start(build, {
    model_list: vendors.map((v) => ({ model_name: `to-${v.name}`, litellm_params: v.params(base) })),
    litellm_settings: { user_url_allowed_hosts: ["127.0.0.1"] },
    router_settings: { num_retries: 0, disable_cooldowns: true },
  });
  w.base = base;
  w.ask = (path, headers, body) => ask(gateway.port, path, headers, body);
  w.end = async () => {
    const ill = await gateway.end();
    server.close();
    return ill;
  };
  return w;
}

// An answer of a vendor: body at once, or frames one by one; cut: the connection breaks behind them.
function play(res, { status = 200, type = "application/json", headers = {}, body, frames, cut }) {
  if (body) {
    res.writeHead(status, { "content-type": type, "content-length": body.length + (cut ? 100 : 0), ...headers });
    res.write(body, () => (cut ? res.destroy() : res.end()));
    return;
  }
  res.writeHead(status, { "content-type": type, ...headers });
  let i = 0;
  const next = () => {
    if (i < frames.length) res.write(frames[i++], () => setImmediate(next));
    else if (cut) res.destroy();
    else res.end();
  };
  next();
}

// One request; `cut`: the gateway broke the connection off.
function ask(port, path, headers, body) {
  const text = Buffer.from(JSON.stringify(body));
  return new Promise((done, fail) => {
    const req = http.request({ host: "127.0.0.1", port, method: "POST", path, agent: false,
      headers: { "content-type": "application/json", "content-length": text.length, ...headers } });
    req.on("error", fail);
    req.on("response", (res) => {
      const parts = [], end = (cut) => done({ status: res.statusCode, headers: res.headers, sent: text, cut,
        bytes: Buffer.concat(parts) });
      res.on("data", (d) => parts.push(d));
      res.on("end", () => end(false));
      res.on("error", () => end(true));
    });
    req.end(text);
  });
}
