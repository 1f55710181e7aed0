import { escapeIdentifier } from "pg";
import { passwordEnvironment } from "../../config/derive/names.ts";
import { BerthError } from "../../errors.ts";
import { type DatabasePlan, hasNoPassword, type PlannedRole } from "../plan/plan.ts";

/** Name of the password script. It must be in the folder in which the psql script runs. */
export const passwordScript = "passwords.sh";

export function withPassword({ roles }: DatabasePlan): readonly PlannedRole[] {
  return roles.filter((role) => !hasNoPassword(role));
}

/**
 * The shell script that sets the passwords of an app's roles from `BERTH_PASSWORD_<KEY>`, in a pod that has
 * only psql. psql's `\password` computes the verifier, so the server never sees the password. Without a
 * terminal it reads the password from standard input. A role that can log in with its password is not
 * changed, because `\password` would make a verifier with a new salt.
 *
 * `\password` does not accept a name with a control character, so such a role is refused.
 *
 * @see https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-META-COMMAND-PASSWORD
 */
export function toPasswordScript(plan: DatabasePlan): string {
  const { app, database } = plan;
  const roles = withPassword(plan);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  const unsupported = roles.find(({ name }) => /[\u0000-\u001f\u007f]/.test(name));
  if (unsupported !== undefined) {
    const name = JSON.stringify(unsupported.name);
    throw new BerthError(`app ${app}: psql cannot set the password of role ${name}`, {
      hint: `set berth:apps.${app}.provisioner to berth, which does not need psql`,
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

/** PGREQUIREAUTH (psql 16) makes the login fail if the server does not ask for the password. */
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
