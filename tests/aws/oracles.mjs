// SPDX-License-Identifier: Apache-2.0
// Signatures and event streams against implementations of others: a thousand random requests signed
// by @smithy/signature-v4 and aws4, and checked by us; messages both ways with
// @smithy/eventstream-codec. The seed is printed; SLUICE_SEED=N repeats a run.
import test from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import path from "node:path";
import { SignatureV4 } from "@smithy/signature-v4";
import { HttpRequest } from "@smithy/protocol-http";
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { toUtf8, fromUtf8 } from "@smithy/util-utf8";
import sha256 from "@aws-crypto/sha256-js";
import aws4 from "aws4";

const { Sha256 } = sha256;
const seed = Number(process.env.SLUICE_SEED ?? Date.now() % 1e9);
console.log(`seed ${seed}`);

let state = seed >>> 0;
function random(n) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * n);
}
const pick = (list) => list[random(list.length)];
const words = (alphabet, n) => Array.from({ length: n }, () => pick(alphabet)).join("");
const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"];

// ---- our side, behind a pipe ----

const child = spawn(path.join(process.env.SLUICE_BUILD, "bin/aws_check"), { stdio: ["pipe", "pipe", "inherit"] });
const waiting = [];
createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()(line));
function ask(question) {
    return new Promise((resolve) => {
        waiting.push(resolve);
        child.stdin.write(JSON.stringify(question) + "\n");
    });
}
test.after(() => child.stdin.end());

const b64 = (bytes) => Buffer.from(bytes).toString("base64");

// ---- signatures ----

function randomPath() {
    const pieces = ["model", "anthropic.claude-3%3A0", "a b".replace(" ", "%20"), "x~y", "..", ".", "", "%2F", "é",
        "arn%3Aaws%3Abedrock", "converse", "(1)", "a'b", "*", "+"];
    return "/" + Array.from({ length: random(6) }, () => pick(pieces)).join("/");
}

function randomRequest() {
    const query = {};
    for (let i = random(4); i > 0; i--)
        query[words([..."abcXYZ09-_.~ /+&=é%"], 1 + random(6))] = words([..."abcXYZ09-_.~ /+&=é%"], random(8));
    const headers = { host: `${words(letters, 5)}.example.com${pick(["", ":8443"])}`, "content-type": "application/json" };
    for (let i = random(4); i > 0; i--)
        headers[`x-${words(letters, 4)}`.toLowerCase()] = pick([
            words(letters, 5),
            "  two   blanks  ",
            '"quoted   text"',
            "tab\there",
            "é",
        ]);
    return {
        method: pick(["POST", "GET", "PUT"]),
        path: randomPath(),
        query,
        headers,
        body: words([..."{}[]\":,é \n0123"], random(200)),
        id: "AK" + words(letters, 18),
        secret: words([...letters, "/", "+"], 40),
        session: random(2) ? words([...letters, "=", "/"], 100) : undefined,
        region: pick(["us-east-1", "eu-central-1", "cn-north-1"]),
        service: pick(["bedrock", "sts", "sagemaker"]),
        unix: 1500000000 + random(400000000),
    };
}

const queryOf = (query) =>
    Object.entries(query)
        .map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`)
        .join("&");

const question = (r, headers, more) => ({
    op: "sign",
    method: r.method,
    path: r.path,
    query: queryOf(r.query),
    headers,
    body: b64(r.body),
    id: r.id,
    secret: r.secret,
    region: r.region,
    service: r.service,
    unix: r.unix,
    ...more,
});

test("a thousand requests are signed as @smithy/signature-v4 signs them, and its signatures pass", async () => {
    for (let i = 0; i < 1000; i++) {
        const r = randomRequest();
        const signer = new SignatureV4({
            credentials: { accessKeyId: r.id, secretAccessKey: r.secret, sessionToken: r.session },
            region: r.region,
            service: r.service,
            sha256: Sha256,
        });
        const signed = await signer.sign(
            new HttpRequest({ ...r, hostname: r.headers.host, headers: { ...r.headers } }),
            { signingDate: new Date(r.unix * 1000) },
        );
        const headers = Object.entries(signed.headers);
        const others = headers.filter(([name]) => name !== "authorization");

        assert.equal(await ask(question(r, others)), signed.headers.authorization, JSON.stringify(r));
        assert.equal(await ask(question(r, headers, { op: "check", now: r.unix + random(600) - 300 })), "ok");
        assert.equal(
            await ask(question(r, headers, { op: "check", now: r.unix, secret: r.secret + "x" })),
            "InvalidSignatureException",
        );
        assert.equal(
            await ask(question({ ...r, body: r.body + " " }, headers, { op: "check", now: r.unix })),
            "InvalidSignatureException",
        );
    }
});

test("a thousand requests are signed as aws4 signs them, and its signatures pass", async () => {
    for (let i = 0; i < 1000; i++) {
        const r = randomRequest();
        // it reads '+' of a query as a blank, decodes the path first, and sends no empty query
        r.path = "/" + Array.from({ length: 1 + random(4) }, () => words(letters, 5)).join("/");
        for (const name of Object.keys(r.query)) delete r.query[name];
        for (let k = random(3); k > 0; k--) r.query[words(letters, 3)] = words(letters, 4);
        for (const name of Object.keys(r.headers)) if (r.headers[name] === "é") r.headers[name] = "e";
        const search = queryOf(r.query);
        const signed = aws4.sign(
            {
                method: r.method,
                host: r.headers.host,
                path: r.path + (search ? `?${search}` : ""),
                headers: {
                    ...Object.fromEntries(Object.entries(r.headers).filter(([n]) => n !== "host")),
                    Host: r.headers.host,
                    "X-Amz-Date": new Date(r.unix * 1000).toISOString().replace(/[-:]|\.\d+/g, ""),
                },
                body: r.body,
                service: r.service,
                region: r.region,
            },
            { accessKeyId: r.id, secretAccessKey: r.secret, sessionToken: r.session },
        );
        const headers = Object.entries(signed.headers).map(([n, v]) => [n, String(v)]);
        const named = /SignedHeaders=([^,]*)/.exec(signed.headers.Authorization)[1].split(";");
        const others = headers.filter(([name]) => named.includes(name.toLowerCase()));

        assert.equal(await ask(question(r, others)), signed.headers.Authorization, JSON.stringify(r));
        assert.equal(await ask(question(r, headers, { op: "check", now: r.unix })), "ok");
    }
});

// ---- event streams ----

const codec = new EventStreamCodec(toUtf8, fromUtf8);
const types = ["boolean", "boolean", "byte", "short", "integer", "long", "binary", "string", "timestamp", "uuid"];

function randomMessage(huge) {
    const headers = {};
    for (let i = random(8); i > 0; i--) {
        const name = words([...letters, ":", "-"], 1 + random(30));
        headers[name] = pick([
            { type: "boolean", value: true },
            { type: "boolean", value: false },
            { type: "byte", value: random(256) - 128 },
            { type: "short", value: random(65536) - 32768 },
            { type: "integer", value: random(4294967296) - 2147483648 },
            { type: "binary", value: Uint8Array.from({ length: random(50) }, () => random(256)) },
            { type: "string", value: words([...letters, "é", " "], random(50)) },
            { type: "timestamp", value: new Date(random(2000000000) * 1000) },
            { type: "uuid", value: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6" },
        ]);
    }
    if (huge) headers.huge = { type: "string", value: "h".repeat(32767) };
    return { headers, body: Uint8Array.from({ length: random(huge ? 5000 : 300) }, () => random(256)) };
}

test("messages that @smithy/eventstream-codec wrote are read, and none that was changed", async () => {
    for (let i = 0; i < 500; i++) {
        const message = randomMessage(i % 50 === 0);
        const frame = codec.encode(message);
        const read = JSON.parse(await ask({ op: "decode", frame: b64(frame) }));
        const broken = Uint8Array.from(frame);

        assert.equal(read.payload, b64(message.body));
        assert.deepEqual(
            read.headers.map(([name, type]) => [Buffer.from(name, "base64").toString(), types[type]]),
            Object.entries(message.headers).map(([name, h]) => [name, h.type]),
        );
        broken[random(broken.length)] ^= 1 << random(8);
        assert.match(await ask({ op: "decode", frame: b64(broken) }), /^bad: /);
        assert.match(await ask({ op: "decode", frame: b64(frame.subarray(0, random(frame.length))) }), /^bad: /);
    }
});

test("messages that we wrote are read by @smithy/eventstream-codec", async () => {
    for (let i = 0; i < 500; i++) {
        const message = randomMessage(i % 50 === 0);
        const theirs = codec.encode(message);
        const { headers, payload } = JSON.parse(await ask({ op: "decode", frame: b64(theirs) }));
        const ours = await ask({
            op: "encode",
            headers: headers.map(([name, type, value]) => [Buffer.from(name, "base64").toString(), type, value]),
            payload,
        });

        assert.equal(ours, b64(theirs));
        assert.deepEqual(codec.decode(Uint8Array.from(Buffer.from(ours, "base64"))).body, message.body);
    }
});

test("every piece of a message, and every message with a byte changed, is refused by both", async () => {
    for (let i = 0; i < 5; i++) {
        const frame = codec.encode(randomMessage(false));
        for (let at = 0; at < frame.length; at++) {
            const broken = Uint8Array.from(frame);
            broken[at] ^= 1 + random(255);
            assert.match(await ask({ op: "decode", frame: b64(frame.subarray(0, at)) }), /^bad: /);
            assert.match(await ask({ op: "decode", frame: b64(broken) }), /^bad: /);
            assert.throws(() => codec.decode(broken));
        }
    }
});

test("events and exceptions that we wrote are theirs, and theirs are ours", async () => {
    for (const [op, name] of [["event", ":event-type"], ["exception", ":exception-type"]])
        for (let i = 0; i < 100; i++) {
            const type = words(letters, 1 + random(30));
            const payload = JSON.stringify({ message: words([...letters, "é", '"'], random(200)) });
            const frame = Uint8Array.from(Buffer.from(await ask({ op, type, payload: b64(payload) }), "base64"));
            const { headers, body } = codec.decode(frame);

            assert.deepEqual(
                Object.fromEntries(Object.entries(headers).map(([n, h]) => [n, h.value])),
                { [name]: type, ":content-type": "application/json", ":message-type": op },
            );
            assert.equal(toUtf8(body), payload);
            const read = JSON.parse(await ask({ op: "decode", frame: b64(codec.encode({ headers, body })) }));
            assert.equal(Buffer.from(read.payload, "base64").toString(), payload);
            assert.deepEqual(
                read.headers.map(([n, , v]) => [n, v].map((t) => Buffer.from(t, "base64").toString())),
                Object.entries(headers).map(([n, h]) => [n, h.value]),
            );
        }
});
