import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** By method and path, as `GET sys/health`; the status is 200 by default. */
export type VaultAnswers = Record<
  string,
  {
    readonly status?: number;
    readonly body?: unknown;
    /** What happens before the answer. */
    readonly first?: () => Promise<unknown>;
  }
>;

/** Vault's HTTP API with answers that are written down. The full tests ask a real Vault. */
export async function startVaultAnswers(answers: VaultAnswers): Promise<{
  readonly url: string;
  /** Method, path and body of each request. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    let sent = "";
    request.on("data", (part: Buffer) => (sent += part.toString()));
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://vault");
      const method = searchParams.has("list") ? "LIST" : (request.method ?? "");
      const asked = `${method} ${pathname.replace(/^\/v1\//, "")}`;
      requests.push(sent === "" ? asked : `${asked} ${sent}`);
      const answer = answers[asked] ?? { status: 404, body: { errors: [] } };
      const { status = 200, body, first = () => Promise.resolve() } = answer;
      void first().then(() => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(body === undefined ? "" : JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
