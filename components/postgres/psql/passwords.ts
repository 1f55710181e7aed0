import { escapeIdentifier } from "pg";
import { passwordEnvironment } from "../../config/derive/names.ts";
import { BerthError } from "../../errors.ts";
import type { DatabasePlan } from "../plan/plan.ts";

/** Name of the file that a psql script looks for in the folder it runs in. */
export const passwordScript = "passwords.sh";

/**
 * The shell script that gives an app's roles the passwords in `BERTH_PASSWORD_<KEY>`, for where nobody can
 * compute a verifier: in a pod with no more than psql. psql's `\password` makes the verifier itself, so
 * that the server never sees the password, and reads it from standard input, as it has no terminal. A
 * role that can log in with its password is left alone, since each verifier has a new salt.
 *
 * What `\password` cannot be told is refused: a name with a line end.
 *
 * @see https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-META-COMMAND-PASSWORD
 */
export function toPasswordScript({ app, roles, database }: DatabasePlan): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  const odd = roles.find(({ name }) => /[\u0000-\u001f\u007f]/.test(name));
  if (odd !== undefined) {
    throw new BerthError(`app ${app}: psql takes no role ${JSON.stringify(odd.name)}`, {
      hint: `let Berth itself provision the app: set berth:apps.${app}.provisioner to berth`,
    });
  }
  return [
    `# App ${app}, made by Berth from the stack file: edit that, not this.`,
    functions,
    ...roles.map(({ key, name }) => {
      const command = `\\password ${escapeIdentifier(name)}`;
      const password = `"\${${passwordEnvironment(key)}:?}"`;
      return `give ${quote(name)} ${quote(database.name)} ${password} ${quote(command)}`;
    }),
    "",
  ].join("\n");
}

/** PGREQUIREAUTH, which psql knows from 16 on: a server that lets anybody in proves nothing. */
const functions = `set -eu
can_log_in() {
  PGUSER="$1" PGDATABASE="$2" PGPASSWORD="$3" PGREQUIREAUTH=scram-sha-256 PGCONNECT_TIMEOUT=10 \\
    psql -X -w -c SELECT >/dev/null 2>&1
}
give() {
  if can_log_in "$1" "$2" "$3"; then return; fi
  printf '%s\\n%s\\n' "$3" "$3" |
    PGOPTIONS='-c search_path=pg_catalog,pg_temp -c password_encryption=scram-sha-256' \\
      psql -X -w -q -c "$4"
}`;

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
