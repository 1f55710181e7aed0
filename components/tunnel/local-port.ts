import net from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { KubeError } from "../kubernetes/error.ts";
import { toErrorCode } from "../kubernetes/failure.ts";

/** A port on 127.0.0.1 whose connections end at the server. */
export interface LocalPort {
  readonly port: number;
  /** Frees the port and ends its connections. */
  close(): Promise<void>;
}

/** What a local port needs to serve. */
export interface LocalPortOptions {
  /** A new connection to the server: one that has started, or a promise of one that is open. */
  readonly open: (isBackground: boolean) => Duplex | Promise<Duplex>;
  /**
   * Nothing here keeps the process alive. The Pulumi SDK holds the program until the last delete
   * from `beforeExit`, which comes only when the event loop is empty: one handle that counts, and
   * `pulumi up` hangs after its last step. The port still serves while the process lives.
   */
  readonly isBackground: boolean;
  readonly onError?: (error: KubeError) => void;
}

/**
 * Listens on 127.0.0.1 only, for a client that is not ours. On this port or not at all, since the address
 * is in the state; 0 = on any that is free.
 */
export async function listenLocally(port: number, options: LocalPortOptions): Promise<LocalPort> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    if (options.isBackground) socket.unref();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const fail = (error: unknown): void => {
      // A reset, not an end: the client must not take what it got so far for the whole answer.
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
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Whoever owns the port is not asked: it may be a tunnel to another cluster. */
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
