import { rooms } from "./.rooms.mjs";

/** The rules of the table of rooms. */

const names = Object.keys(rooms);
const source = "^(?:components|provider|policy|cli|dev|toolchain|test)/|^index\\.ts$";

/** The files of a room without those of longer names, or with all of them. */
function filesOf(name) {
  if (name.endsWith("/")) return `^${name}`;
  const longer = names
    .filter((other) => other !== name && other.startsWith(name))
    .map((other) => other.slice(name.length));
  return longer.length === 0 ? `^${name}` : `^${name}(?!${longer.join("|")})`;
}

function toRule([name, allowed]) {
  return {
    name,
    comment: `${name} may import only ${allowed.join(", ") || "nothing of the project"} (.dependency-cruiser.mjs)`,
    severity: "error",
    from: { path: filesOf(name) },
    to: { path: source, pathNot: [name, ...allowed].map(filesOf) },
  };
}

export default {
  forbidden: [
    ...Object.entries(rooms).map(toRule),
    {
      name: "no-room",
      comment: "this file is in no room of the table (.dependency-cruiser.mjs)",
      severity: "error",
      from: { path: source, pathNot: ["^test/", ...names.map(filesOf)] },
      to: {},
    },
    {
      name: "no-circle",
      comment: "files import each other in a circle, types included",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "verbs-without-pulumi",
      comment:
        "no verb loads Pulumi's SDK, nor a component or resource: that doubles its start-up time",
      severity: "error",
      from: { path: "^cli/main\\.ts$" },
      // The toolchain loads `automation` only when it downloads Pulumi.
      to: {
        path: "^node_modules/@pulumi/",
        pathNot: "^node_modules/@pulumi/pulumi/automation/",
        reachable: true,
      },
    },
    {
      name: "doctor-only-asks-the-toolchain",
      comment: "doctor asks which versions are needed and where they would be; it builds nothing",
      severity: "error",
      from: { path: "^cli/doctor/" },
      to: { path: "^toolchain/", pathNot: "^toolchain/(?:ambient|cache|download|parts)\\.ts$" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
