import net from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { toErrorCode } from "../errors.ts";
import { KubeError } from "../kubernetes/error.ts";

/** A port on 127.0.0.1 that forwards to the server. */
export interface LocalPort {
  readonly port: number;
  close(): Promise<void>;
}

export interface LocalPortOptions {
  /** Opens a connection to the server: a stream that has started, or a promise of an open one. */
  readonly open: (isBackground: boolean) => Duplex | Promise<Duplex>;
  /**
   * If true, nothing here keeps the process alive; the port works while the process lives. The Pulumi SDK
   * waits for the last delete in `beforeExit`, which comes only when the event loop is empty. With one
   * referenced handle `pulumi up` hangs after its last step.
   */
  readonly isBackground: boolean;
  readonly onError?: (error: KubeError) => void;
}

/** Listens on 127.0.0.1, on this port or not at all, because the address is in the state. 0 = any free port. */
export async function listenLocally(port: number, options: LocalPortOptions): Promise<LocalPort> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    if (options.isBackground) socket.unref();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const fail = (error: unknown): void => {
      // A reset, not an end: the client must not take a part of an answer for the whole.
      socket.resetAndDestroy();
      if (error instanceof KubeError && error.kind !== "closed") options.onError?.(error);
    };
    const carry = (stream: Duplex): void => {
      stream.once("error", fail);
      pipeline(socket, stream, socket, () => {
        socket.destroy();
      });
    };
    socket.on("error", () => undefined);
    const opened = options.open(options.isBackground);
    if (opened instanceof Promise) opened.then(carry, fail);
    else carry(opened);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      reject(toPortFailure(port, error));
    });
    server.listen({ host: "127.0.0.1", port, exclusive: true }, resolve);
  });
  if (options.isBackground) server.unref();
  return {
    port: (server.address() as net.AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Whatever listens on the port is not used: it may be a tunnel to another cluster. */
function toPortFailure(port: number, error: Error): KubeError {
  const setting = "berth:postgres.endpoint.kubernetes.localPort";
  const code = toErrorCode(error);
  if (code === "EADDRINUSE") {
    return new KubeError(
      "port-taken",
      `port ${String(port)} on 127.0.0.1 is taken by another process; Berth does not use a port it did not open, since it may lead to another server`,
      {
        hint: `end that process (lsof -nP -iTCP:${String(port)} -sTCP:LISTEN shows it; an earlier run or a kubectl port-forward?), or set ${setting} to a free port`,
        cause: error,
      },
    );
  }
  const why = code === "EACCES" ? "this user may not open it" : error.message;
  return new KubeError("port-taken", `cannot listen on 127.0.0.1:${String(port)}: ${why}`, {
    hint: `set ${setting} to a free port from 1024 on`,
    cause: error,
  });
}
