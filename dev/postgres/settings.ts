import { BerthError } from "../../components/errors.ts";

/** Server settings by name, as in `postgresql.conf`. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** Line at the end of `postgresql.conf`. Its path is relative, so the directory can be renamed. */
export const INCLUDE = "\n# Berth's settings, written at each start\ninclude '../berth.conf'\n";

/** Settings that callers cannot change: a server with test credentials must stay on the loopback. */
const FIXED = ["listen_addresses", "port", "unix_socket_directories"];

/**
 * The text of `berth.conf`: the caller's settings, and the fixed ones. The server listens only on the
 * loopback, without a Unix socket, whose path would be too long in many checkouts.
 */
export function formatSettings(port: number, settings: Settings): string {
  const all: Settings = {
    log_line_prefix: "%m [%p] %q%u@%d ",
    ...settings,
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
  };
  for (const name of Object.keys(settings)) {
    if (!/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/.test(name) || FIXED.includes(name)) {
      throw new BerthError(`Postgres for development: setting "${name}" cannot be given`, {
        hint: `allowed are the names of postgresql.conf except ${FIXED.join(", ")}`,
      });
    }
  }
  return Object.entries(all)
    .map(([name, value]) => `${name} = '${quote(name, String(value))}'\n`)
    .join("");
}

function quote(name: string, value: string): string {
  if (/[\n\r\0]/.test(value)) {
    throw new BerthError(`Postgres for development: setting "${name}" has a line end`);
  }
  return value.replaceAll("\\", "\\\\").replaceAll("'", "''");
}
