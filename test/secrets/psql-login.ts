import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";

const query = "select current_user as who, current_database() as where";

/**
 * Logs in with psql by each key of a Secret that it reads, and with nothing else: two URLs, a connection string and a
 * line of `.pgpass`. Answers with what psql printed, which is role and database.
 */
export async function logInWithPsql(
  secret: Readonly<Record<string, string>>,
  place: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  },
  folder: string,
): Promise<readonly string[]> {
  const line = path.join(folder, "pgpass");
  writeFileSync(line, `${secret["pgpass"] ?? ""}\n`);
  chmodSync(line, 0o600);
  const { host, port, user, database } = place;
  const file = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database };
  const ways = [
    ...["uri", "DATABASE_URL", "CONNINFO"].map((key) => [[secret[key] ?? ""], {}] as const),
    [[], { ...file, PGPASSFILE: line }] as const,
  ];
  const answers: string[] = [];
  for (const [args, env] of ways) {
    const { stdout, stderr } = await execa(
      "psql",
      ["-X", "-w", "-At", "-F|", ...args, "-c", query],
      {
        env: { PATH: process.env["PATH"] ?? "", PGCLIENTENCODING: "UTF8", ...env },
        extendEnv: false,
        reject: false,
      },
    );
    answers.push(stdout + stderr);
  }
  return answers;
}
