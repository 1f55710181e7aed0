import type { Duplex } from "node:stream";
import type { Client } from "pg";
import { BerthError } from "../../errors.ts";
import type { Endpoint } from "../../tunnel/endpoint.ts";

/** Seconds that the server gives a statement; it then ends it and says so. */
export const statementSeconds = 60;

/** Seconds after that in which the answer may still be on its way. */
const graceSeconds = 15;

/** Seconds that a session which says goodbye waits for the other side to close. */
const goodbyeSeconds = 5;

const given = new WeakMap<Client, number>();

/**
 * Ends a session whose server owes an answer. The server ends every statement after its
 * `statement_timeout`, so a silence that outlasts it is a server that hangs, or a way that broke without
 * a sign, and node-postgres would wait for ever.
 *
 * @param carrier What the session's bytes go through, below TLS.
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

/** Gives one statement more time than others get, at the server and here. */
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
