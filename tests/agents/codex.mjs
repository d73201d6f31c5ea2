// SPDX-License-Identifier: Apache-2.0
// codex.mjs - Codex through the gateway: by POST, and over a WebSocket behind a door that lets nothing else in.
// Needs Node 20
import http from "node:http";
import net from "node:net";
import { after } from "node:test";
import { installed, judge } from "./kit.mjs";

const triple = `${process.arch === "x64" ? "x86_64" : "aarch64"}-unknown-linux-musl`;

// Only upgrades reach the gateway behind it.
const door = http.createServer((req, res) => {
  res.writeHead(503);
  res.end();
});
door.on("upgrade", (req, socket) => {
  const behind = net.connect(door.behind, "127.0.0.1");
  const fields = req.rawHeaders.map((text, i) => (i % 2 ? `${text}\r\n` : `${text}: `)).join("");
  behind.write(`${req.method} ${req.url} HTTP/1.1\r\n${fields}\r\n`);
  socket.pipe(behind).pipe(socket);
  for (const end of [socket, behind]) end.on("error", () => [socket, behind].forEach((s) => s.destroy()));
});
await new Promise((r) => door.listen(0, "127.0.0.1", r));
after(() => door.close());

const codex = (sockets) => ({
  files: ({ url, model }) => {
    door.behind = new URL(url).port;
    return { "home/.codex/config.toml": `model = "${model}"
model_provider = "gateway"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.gateway]
name = "Gateway"
base_url = "${sockets ? `http://127.0.0.1:${door.address().port}` : url}/v1"
env_key = "GATEWAY_KEY"
wire_api = "responses"
supports_websockets = ${sockets}
` };
  },
  command: ({ key }, task) => ({
    program: installed("@openai", `codex-linux-${process.arch}`, "vendor", triple, "bin", "codex"),
    args: ["exec", "--skip-git-repo-check", "--sandbox", "danger-full-access", task],
    env: { GATEWAY_KEY: key },
  }),
  write: (tools, file, text) => tools.includes("exec_command") &&
    { name: "exec_command", args: { cmd: `cat > '${file}' <<'END'\n${text}END\n` } },
});

judge("Codex", codex(false), ["openai", "anthropic"]);
judge("Codex over a WebSocket", codex(true), ["openai", "anthropic"]);
