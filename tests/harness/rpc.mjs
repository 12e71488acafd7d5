// A connection to a Gateway for tests. Arguments: port, token. Lines of `{id, method, params}` come in, lines of
// `{id, ok, payload | error}` go out; the first is the answer to `connect`. It ends with its input.

import { createInterface } from "node:readline";

const [port, token] = process.argv.slice(2);
const socket = new WebSocket(`ws://127.0.0.1:${port}`);

socket.addEventListener("message", ({ data }) => {
  const frame = JSON.parse(data);
  if (frame.type === "res") process.stdout.write(`${JSON.stringify(frame)}\n`);
  if (frame.type === "event" && frame.event === "connect.challenge") connect();
});
socket.addEventListener("close", () => process.exit(1));

const request = (id, method, params) => socket.send(JSON.stringify({ type: "req", id, method, params }));

/** OpenClaw accepts this kind of client without a device's signature, from this machine and with the token. */
function connect() {
  request("connect", "connect", {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: "gateway-client", version: "1.0.0", platform: process.platform, mode: "backend" },
    role: "operator",
    scopes: ["operator.admin", "operator.read", "operator.write"],
    caps: [],
    commands: [],
    permissions: {},
    auth: { token },
  });
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    request(id, method, params);
  })
  .on("close", () => process.exit(0));
