import type net from "node:net";
import tls from "node:tls";
import type { Issued } from "./certificate.ts";

/** How a stand-in for Postgres answers a login. */
export interface FakeLogin {
  /** undefined = it does not speak TLS. */
  readonly certificate?: Issued;
  /** SQLSTATE and message of a refusal; undefined = it lets everybody in. */
  readonly refusal?: { readonly code: string; readonly message: string };
}

function toMessage(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/**
 * As much of Postgres as a login needs: the answer to the TLS request, and `AuthenticationOk` with
 * `ReadyForQuery`, or an `ErrorResponse`. For faults that a real server is slow to be put into.
 */
export function servePostgres(login: FakeLogin): (socket: net.Socket) => void {
  const answer = (stream: net.Socket): void => {
    stream.on("error", () => undefined);
    stream.once("data", () => {
      const { refusal } = login;
      if (refusal === undefined) {
        stream.write(toMessage("R", Buffer.alloc(4)));
        stream.write(toMessage("Z", Buffer.from("I")));
        return;
      }
      const fields = `SFATAL\0VFATAL\0C${refusal.code}\0M${refusal.message}\0\0`;
      stream.end(toMessage("E", Buffer.from(fields)));
    });
  };
  return (socket) => {
    socket.once("data", (first) => {
      const isTlsRequest = first.length === 8 && first.readInt32BE(4) === 80877103;
      if (!isTlsRequest) {
        answer(socket);
        socket.emit("data", first);
        return;
      }
      const { certificate } = login;
      if (certificate === undefined) {
        socket.write("N");
        answer(socket);
        return;
      }
      socket.write("S");
      const { cert, key } = certificate;
      const secure = new tls.TLSSocket(socket, { isServer: true, cert, key });
      answer(secure);
    });
  };
}
