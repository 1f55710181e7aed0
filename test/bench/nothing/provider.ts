import grpc from "@grpc/grpc-js";
import { CallsUnderWay } from "../../../provider/rpc/calls-under-way.ts";
import type { ResourceHandler } from "../../../provider/rpc/resource-handler.ts";
import { createServer } from "../../../provider/rpc/server.ts";

/** A provider of resources that are as the program says, always. */

const nothing: ResourceHandler = {
  type: "nothing:index:Nothing",
  refreshBeforeUpdate: false,
  check: ({ newInputs }) => Promise.resolve({ inputs: newInputs, failures: [] }),
  diff: () => Promise.resolve({}),
  create: ({ inputs }) => Promise.resolve({ id: "nothing", state: inputs }),
  read: (resource) => Promise.resolve(resource),
  update: ({ newInputs }) => Promise.resolve(newInputs),
  delete: () => Promise.resolve(),
};

const server = createServer([nothing], new CallsUnderWay());
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`${String(port)}\n`);
});
const engine = process.ppid;
setInterval(() => {
  if (process.ppid !== engine) process.exit(0);
}, 1_000).unref();
