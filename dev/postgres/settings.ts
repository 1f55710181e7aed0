/** Server settings by name, as in `postgresql.conf`. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** Line at the end of `postgresql.conf`. Its path is relative, so the directory can be renamed. */
export const INCLUDE = "\n# Berth's settings, written at each start\ninclude '../berth.conf'\n";

/**
 * The text of `berth.conf`: the caller's settings, and those that stay. The server listens only on the
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
  const quote = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll("'", "''");
  return Object.entries(all)
    .map(([name, value]) => `${name} = '${quote(String(value))}'\n`)
    .join("");
}
