import { randomInt } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * Finds a free port: the preferred one, or one from 20000 to 29999. These are below the ports that Linux,
 * macOS and Windows assign themselves, so the port stays free until it is opened, maybe after a run of
 * Pulumi. They are also below the NodePorts of Kubernetes.
 *
 * @see https://docs.kernel.org/networking/ip-sysctl.html (ip_local_port_range)
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
  throw new Error("no free port on 127.0.0.1: tried 100 from 20000 to 29999");
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
  } catch {
    return false;
  }
  await once(server.close(), "close");
  return true;
}

/**
 * Whether a Postgres answers on a port of this machine. It sends an SSLRequest, which needs no login, so
 * the server logs no failure.
 */
export async function answersAsPostgres(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.setTimeout(2000, () => void socket.destroy());
  socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
  try {
    const read = (await socket.setEncoding("latin1").iterator().next()) as { value?: unknown };
    return /^[SN]/.test(String(read.value));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
