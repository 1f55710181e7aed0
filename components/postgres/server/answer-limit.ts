import type { Duplex } from "node:stream";
import type { Client } from "pg";
import { BerthError } from "../../errors.ts";
import type { Endpoint } from "../../tunnel/endpoint.ts";

/** Seconds that a statement may run. The server then ends it with an error. */
export const statementSeconds = 60;

/** More seconds for the answer to arrive. */
const graceSeconds = 15;

/** Seconds that a session which ends waits for the other side to close. */
const goodbyeSeconds = 5;

const given = new WeakMap<Client, number>();

/**
 * Ends a session if the server does not answer. The server ends every statement after its `statement_timeout`.
 * If it is silent for longer, it hangs or the connection is dead, and node-postgres would wait for ever.
 *
 * @param carrier The stream below TLS.
 */
export function limitSilence(client: Client, carrier: Duplex, endpoint: Endpoint): void {
  let awaited = 0;
  let timer: NodeJS.Timeout | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    if (awaited === 0) return;
    const seconds = given.get(client) ?? statementSeconds;
    const cut = (): void => void carrier.destroy(toSilence(endpoint, seconds));
    timer = setTimeout(cut, (seconds + graceSeconds) * 1000).unref();
  };
  const settle = (): void => {
    awaited -= 1;
    restart();
  };
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  const limited: typeof query = (...args) => {
    const answer = query(...args);
    awaited += 1;
    restart();
    answer.then(settle, settle);
    return answer;
  };
  client.query = limited as Client["query"];
  const end: () => Promise<void> = client.end.bind(client);
  client.end = async () => {
    const late = setTimeout(() => void carrier.destroy(), goodbyeSeconds * 1000).unref();
    await end();
    clearTimeout(late);
  };
}

/** Gives one statement more time, on the server and here. */
export async function withStatementSeconds<T>(
  client: Client,
  seconds: number,
  use: () => Promise<T>,
): Promise<T> {
  await client.query(`SET statement_timeout = '${String(seconds)}s'`);
  given.set(client, seconds);
  try {
    return await use();
  } finally {
    given.delete(client);
    await client.query("RESET statement_timeout").catch(() => undefined);
  }
}

function toSilence({ description, testCommand }: Endpoint, seconds: number): BerthError {
  const waited = String(seconds + graceSeconds);
  return new BerthError(
    `Postgres at ${description} has not answered a statement for ${waited} s, though it ends each after ${String(seconds)} s: it hangs, or the way there broke without a sign`,
    {
      hint: `run the same command again: what was done is found and kept; test the way there with: ${testCommand}`,
    },
  );
}
