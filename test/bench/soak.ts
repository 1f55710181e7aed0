import { readFileSync, writeFileSync } from "node:fs";
import type { Bed } from "../engine/bed.ts";

/**
 * Brings the apps of a bed up, refreshes and destroys them, again and again, all of them side by side.
 * Every other round begins with nothing on the server, the others adopt what is there. Returns every
 * error of Pulumi's and of the server's log.
 */
export async function soak(
  bed: Bed,
  rounds: number,
  onRound: (round: number, errors: number) => unknown = () => undefined,
): Promise<readonly string[]> {
  const errors: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    writeFileSync(bed.sandbox.postgresLog, "");
    for (const verb of ["up", "refresh", "destroy"]) {
      const args = [verb, "--yes", "--skip-preview", "--suppress-progress", "--parallel", "16"];
      const { exitCode, output } = await bed.pulumi(args);
      if (exitCode !== 0) errors.push(`round ${String(round)}, ${verb}: ${output}`);
    }
    const log = readFileSync(bed.sandbox.postgresLog, "utf8").split("\n");
    const logged = log.filter((line) => /(ERROR|FATAL|PANIC): /.test(line));
    errors.push(...logged.map((line) => `round ${String(round)}, server: ${line}`));
    onRound(round, errors.length);
    if (round % 2 === 1 && round < rounds) await empty(bed);
  }
  return errors;
}

/** Drops what the stack made, as a person would: Berth drops nothing. */
async function empty(bed: Bed): Promise<void> {
  const roles = await bed.sql<{ name: string }>(
    "select quote_ident(m.member::regrole::text) as name from pg_auth_members m where m.roleid = 'berth_dev'::regrole and m.member <> 'coachlight_admin'::regrole",
  );
  const databases = await bed.sql<{ name: string }>(
    "select quote_ident(d.datname) as name from pg_database d join pg_auth_members m on m.member = d.datdba where m.roleid = 'berth_dev'::regrole",
  );
  for (const { name } of databases) await bed.sql(`drop database ${name}`);
  await bed.sql(`drop role ${roles.map(({ name }) => name).join(", ")}, berth_dev`);
}
