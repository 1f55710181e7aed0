import { Client } from "pg";

/** One statement in a session, which ends with it. */
export async function queryOnce<T extends object>(client: Client, statement: string): Promise<T[]> {
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** One statement in a session of a role's own. */
export async function queryAs<T extends object>(
  { host, port }: { readonly host: string; readonly port: number },
  { name, password }: { readonly name: string; readonly password: string },
  database: string,
  statement: string,
): Promise<T[]> {
  const client = new Client({ host, port, database, user: name, password });
  await client.connect();
  return await queryOnce<T>(client, statement);
}
