import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import grpc from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_grpc_pb.js";

/** What the engine starts. */
export const launcher = join(import.meta.dirname, "../../provider/pulumi-resource-berth");

export const { ResourceProviderService: rpc } = provider;

/** A provider that runs as the engine has it run. */
export interface ProviderProcess {
  readonly child: ChildProcess;
  readonly port: number;
  /** All it wrote to stderr. */
  readonly errors: () => string;
}

/** Runs a command that starts the provider, and returns with the port that it prints. */
export async function startProvider(
  command: readonly string[],
  where: {
    readonly cwd?: string;
    readonly path?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<ProviderProcess> {
  const [program = "", ...args] = command;
  const { cwd, path = dirname(process.execPath), env } = where;
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, PATH: `${path}:/usr/bin:/bin`, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, port: Number(line.toString()), errors: () => errors };
}

/** As the engine connects to it. */
export function connect(port: number): grpc.Client {
  return new provider.ResourceProviderClient(
    `127.0.0.1:${String(port)}`,
    grpc.credentials.createInsecure(),
  );
}

/** One call; it ends with the signal. */
export function call<Q, R>(
  client: grpc.Client,
  method: grpc.MethodDefinition<Q, R>,
  request: Q,
  signal?: AbortSignal,
): Promise<R> {
  const { path, requestSerialize, responseDeserialize } = method;
  return new Promise<R>((resolve, reject) => {
    const calling = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      (error, answer) => {
        if (answer === undefined) reject(error ?? new Error("no answer"));
        else resolve(answer);
      },
    );
    signal?.addEventListener("abort", () => {
      calling.cancel();
    });
  });
}
