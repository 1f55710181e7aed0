import { connect, createServer } from "node:net";

/** A port nobody listens on: the preferred one if it is free, else any the system gives. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await tryPort(preferred)) !== undefined) return preferred;
  const port = await tryPort(0);
  if (port === undefined) throw new Error("no free port on 127.0.0.1");
  return port;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(undefined);
    });
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" ? address?.port : undefined);
      });
    });
  });
}

/**
 * Whether a Postgres answers on a port of this machine. Asks what every client may ask before it
 * says who it is (SSLRequest), so that no login is tried and nothing is logged as a failure.
 */
export function answersAsPostgres(port: number, timeoutMilliseconds = 2000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMilliseconds, () => {
      settle(false);
    });
    socket.once("error", () => {
      settle(false);
    });
    socket.once("close", () => {
      settle(false);
    });
    socket.once("connect", () => {
      socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    });
    socket.once("data", (data) => {
      const answer = String.fromCharCode(data[0] ?? 0);
      settle(answer === "S" || answer === "N");
    });
  });
}
