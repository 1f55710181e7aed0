/**
 * Which room may import which. `npm run lint` checks it, types included, and CONTRIBUTING.md shows it as a
 * picture that `npm run readme` draws.
 *
 * - A file belongs to the room with the longest name that its path begins with.
 * - A room names only rooms above it in the table. So there can be no circle.
 * - A name with a `/` at its end stands for the room with everything in it.
 * - All else is forbidden. Tests may import everything.
 */
const importNothing = [
  "components/closest",
  "components/command-line",
  "components/errors",
  "components/hosts",
  "components/mapping",
  "components/once-each",
  "components/sort",
  "components/terminal-text",
  "components/urn",
  "components/when",
];
const shared = [...importNothing, "components/project-folder"];
const config = ["components/config/", ...shared];
const postgres = "components/postgres";
const inConfig = (...names) => names.map((name) => `components/config/${name}`);
const pg = (...names) => names.map((name) => `${postgres}/${name}`);
/** For verbs that read the server. */
const live = [
  ...config,
  "components/engine",
  "components/onepassword",
  "components/tunnel",
  "components/vault",
  `${postgres}/`,
  "cli",
];

/** @type {Readonly<Record<string, readonly string[]>>} */
export const rooms = {
  ...Object.fromEntries(importNothing.map((name) => [name, []])),
  "components/project-folder": ["components/command-line"],

  "components/config/privileges": [],
  "components/config/keys": [],
  "components/config/spec": ["components/config/privileges", "components/config/keys"],
  "components/config/presets": ["components/errors", "components/mapping"],
  "components/config/schema": [
    "components/sort",
    "components/config/privileges",
    "components/config/keys",
    "components/config/presets",
  ],
  "components/config/derive": [
    "components/sort",
    "components/errors",
    "components/when",
    "components/config/keys",
    "components/config/spec",
    "components/config/presets",
    "components/config/schema",
  ],
  "components/config/logins": ["components/once-each", ...inConfig("spec", "derive")],
  "components/config/databases": ["components/config/spec"],
  "components/config/login-keys": inConfig("keys", "spec", "logins"),
  "components/config/values": [
    "components/closest",
    "components/errors",
    "components/mapping",
    "components/config/keys",
    "components/config/spec",
    "components/config/logins",
    "components/config/login-keys",
  ],
  "components/config/rules": [
    "components/errors",
    "components/when",
    "components/config/privileges",
    "components/config/values",
    "components/config/keys",
    "components/config/spec",
    "components/config/presets",
    "components/config/schema",
    "components/config/derive",
    "components/config/logins",
  ],
  "components/config": config,

  "components/engine": config,
  "components/berth-provider": config,
  "components/onepassword": config,
  "components/kubernetes": shared,
  "components/secrets": config,
  "components/tunnel": [...config, "components/kubernetes"],

  [`${postgres}/plan`]: config,
  [`${postgres}/catalog`]: [...config, `${postgres}/plan`],
  [`${postgres}/statements`]: [...config, `${postgres}/plan`],
  "components/vault": [...config, ...pg("plan", "statements")],
  [`${postgres}/rules`]: [...config, ...pg("plan", "catalog", "statements")],
  [`${postgres}/diff`]: [...config, ...pg("plan", "catalog", "statements", "rules")],
  [`${postgres}/verifier`]: [...config, "components/onepassword"],
  [`${postgres}/server`]: [
    ...config,
    "components/onepassword",
    "components/kubernetes",
    "components/tunnel",
    ...pg("plan", "catalog", "statements", "rules", "diff"),
  ],
  [`${postgres}/psql`]: [...config, ...pg("plan", "statements", "rules", "diff", "server")],
  [`${postgres}/plan-apps`]: [...config, "components/onepassword", ...pg("plan", "verifier")],
  [`${postgres}/registry`]: [
    ...config,
    "components/onepassword",
    "components/tunnel",
    ...pg("plan", "catalog", "statements", "rules", "diff", "plan-apps", "server"),
  ],
  // The resource of Berth's own provider.
  [postgres]: [...config, "components/onepassword", `${postgres}/plan`],

  "components/delivery/metadata": config,
  "components/delivery/yaml": config,
  "components/delivery/argocd": [
    ...config,
    "components/secrets",
    "components/delivery/metadata",
    "components/delivery/yaml",
  ],
  // The objects of an app, wherever they go.
  "components/delivery": [
    ...config,
    "components/secrets",
    ...pg("plan", "psql", "server"),
    "components/delivery/metadata",
    "components/delivery/yaml",
    "components/delivery/argocd",
  ],
  "components/delivery/git": [
    ...config,
    "components/kubernetes",
    "components/delivery",
    "components/delivery/metadata",
    "components/delivery/yaml",
    "components/delivery/argocd",
  ],
  "components/delivery/cluster": [
    ...config,
    "components/kubernetes",
    "components/delivery",
    "components/delivery/metadata",
    "components/delivery/yaml",
    "components/delivery/argocd",
  ],
  "components/delivery/stack-delivery": [
    ...config,
    "components/delivery",
    "components/delivery/git",
    "components/delivery/cluster",
  ],
  "components/delivery/emitted-kinds": [
    ...config,
    "components/secrets",
    "components/delivery/yaml",
    "components/delivery/cluster",
    "components/delivery/stack-delivery",
  ],
  "components/delivery/deliver": [
    "components/delivery/git",
    "components/delivery/cluster",
    "components/delivery/stack-delivery",
  ],
  "components/delivery/open-cluster": [
    ...config,
    "components/kubernetes",
    "components/delivery/cluster",
    "components/delivery/stack-delivery",
  ],

  "components/delivery/open-checkout": [
    ...config,
    "components/delivery/git",
    "components/delivery/stack-delivery",
  ],

  "components/app": [
    ...config,
    postgres,
    ...pg("plan-apps", "registry"),
    "components/delivery/stack-delivery",
    "components/delivery/deliver",
  ],

  index: ["components/"],

  "provider/rpc": [...shared, `${postgres}/plan`],
  "provider/manifest-file": [...shared, "provider/rpc"],
  "provider/git-commit": [
    ...shared,
    "components/delivery/git",
    "provider/rpc",
    "provider/manifest-file",
  ],
  "provider/app-database": [
    ...config,
    "components/engine",
    "components/onepassword",
    "components/tunnel",
    `${postgres}/`,
    "provider/rpc",
  ],
  "provider/vault-grant": [...shared, ...pg("catalog", "statements", "server"), "provider/rpc"],
  "provider/vault-connection": [
    ...config,
    "components/onepassword",
    "components/vault",
    "provider/rpc",
  ],
  provider: [...config, "components/engine", "components/onepassword", "provider/"],

  // The policy pack, which Pulumi starts in a process of its own.
  policy: [
    "components/mapping",
    "components/terminal-text",
    "components/config/",
    "components/engine",
    `${postgres}/plan`,
    "components/delivery/metadata",
  ],

  toolchain: [...shared, "components/engine"],

  cli: [...config, "components/engine"],
  "cli/plan": [
    ...config,
    "components/engine",
    "components/onepassword",
    "components/vault",
    `${postgres}/`,
    "cli",
  ],
  "cli/preview": [...config, `${postgres}/`, "cli"],
  "cli/report": live,
  "cli/verify": live,
  "cli/adopt": live,
  "cli/add": [...config, "components/onepassword", "components/vault", "cli"],
  "cli/rotate": [...live, "components/kubernetes", "cli/verify"],
  "cli/doctor": [...live, "components/kubernetes", "components/delivery/", "toolchain"],
  "cli/init": [...config, "cli"],
  // A command loads its verb when it runs.
  "cli/commands": [
    "components/errors",
    "cli",
    `${postgres}/statements`,
    "cli/plan",
    "cli/preview",
    "cli/report",
    "cli/verify",
    "cli/add",
    "cli/adopt",
    "cli/rotate",
    "cli/doctor",
    "cli/init",
  ],
  "cli/verbs": ["cli/commands"],
  "cli/program": [...config, "cli", "cli/verbs"],
  "cli/main": ["cli", "cli/program"],

  dev: [
    ...config,
    "components/engine",
    "components/onepassword",
    "components/delivery/",
    `${postgres}/`,
    "provider/manifest-file",
    "toolchain",
    "cli/",
  ],
};
