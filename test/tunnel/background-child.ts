import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import type { EndpointSpec } from "../../components/config/spec/postgres.ts";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { plainTls } from "./cluster.ts";

/**
 * Run as a process of its own: opens the local port, leaves an idle connection on it, and has nothing
 * more to do. It must come to `beforeExit` by itself, and still serve while it waits there, as the
 * Pulumi program does until the last delete.
 */
const spec = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as EndpointSpec;
const endpoint = await openEndpoint(spec, plainTls, { listens: true });
const idle = net.connect(endpoint.port, endpoint.host);
await once(idle, "connect");
idle.write("x");
await once(idle, "data");
idle.unref();
console.log("ready");

process.once("beforeExit", () => {
  console.log("beforeExit");
  const later = net.connect(endpoint.port, endpoint.host);
  later.write("served");
  later.once("data", (chunk: Buffer) => {
    console.log(chunk.toString());
    later.destroy();
  });
});
