/** What Argo CD and the operators write into an object, and what its health check must say of it. */
export interface HealthRow {
  readonly kind: string;
  readonly name: string;
  readonly object: Readonly<Record<string, unknown>>;
  readonly expected: string;
}

type Rows = readonly (readonly [
  name: string,
  object: Readonly<Record<string, unknown>>,
  expected: string,
])[];

const toRows = (kinds: readonly string[], rows: Rows): readonly HealthRow[] =>
  kinds.flatMap((kind) =>
    rows.map(([name, object, expected]) => ({
      kind,
      name,
      expected,
      object: { kind, metadata: {}, spec: {}, ...object },
    })),
  );

const healthy = { health: { status: "Healthy" } };
const automated = { spec: { syncPolicy: { automated: { prune: true } } } };

const applications: Rows = [
  ["new", {}, "Progressing: waiting for the first sync"],
  [
    "without health yet",
    { status: { sync: { status: "Synced" } } },
    "Progressing: waiting for the first sync",
  ],
  [
    "synced and healthy",
    { ...automated, status: { ...healthy, sync: { status: "Synced" } } },
    "Healthy",
  ],
  [
    "healthy because what is missing does not count",
    { ...automated, status: { ...healthy, sync: { status: "OutOfSync" } } },
    "Progressing: not synced",
  ],
  [
    "not to be synced",
    {
      ...automated,
      status: {
        ...healthy,
        sync: { status: "OutOfSync" },
        operationState: { phase: "Failed", message: "one or more objects failed" },
      },
    },
    "Degraded: one or more objects failed",
  ],
  [
    "being synced",
    {
      ...automated,
      status: { ...healthy, sync: { status: "OutOfSync" }, operationState: { phase: "Running" } },
    },
    "Progressing: not synced",
  ],
  [
    "synced by hand, whenever that is",
    { status: { ...healthy, sync: { status: "OutOfSync" } } },
    "Healthy",
  ],
  [
    "with its sync switched off",
    {
      spec: { syncPolicy: { automated: { enabled: false } } },
      status: { ...healthy, sync: { status: "OutOfSync" } },
    },
    "Healthy",
  ],
  [
    "degraded",
    { status: { health: { status: "Degraded", message: "a Pod fails" } } },
    "Degraded: a Pod fails",
  ],
];

const ready = (status: string, message?: string) => ({
  status: {
    conditions: [
      { type: "Other", status: "False" },
      { type: "Ready", status, ...(message && { message }) },
    ],
  },
});

const conditions: Rows = [
  ["with nothing yet", {}, "Progressing: no Secret yet"],
  ["without conditions", { status: {} }, "Progressing: no Secret yet"],
  ["with other conditions", { status: { conditions: [] } }, "Progressing: no Secret yet"],
  ["ready", ready("True"), "Healthy"],
  ["not ready", ready("False", "no such item"), "Degraded: no such item"],
  ["maybe ready", ready("Unknown", "waiting"), "Progressing: waiting"],
];

/** Of an operator that writes no conditions. */
const generations: Rows = [
  ["never synced", 0, 1, "Progressing: no Secret yet"] as const,
  ["synced before the last edit", 1, 2, "Progressing: no Secret yet"] as const,
  ["synced", 2, 2, "Healthy"] as const,
].map(([name, lastGeneration, generation, expected]) => [
  `of an older operator, ${name}`,
  { metadata: { generation }, status: { lastGeneration } },
  expected,
]);

const access: Rows = [
  ["not checked", {}, "Progressing: not checked yet"],
  ["valid", { status: { valid: true } }, "Healthy"],
  ["invalid", { status: { valid: false } }, "Degraded: Vault does not accept it"],
  ["invalid, with a reason", { status: { valid: false, error: "no role" } }, "Degraded: no role"],
];

const vaultSecrets = ["VaultStaticSecret", "VaultDynamicSecret"];

export const healthRows: readonly HealthRow[] = [
  ...toRows(["Application"], applications),
  ...toRows(["OnePasswordItem", "ExternalSecret", ...vaultSecrets], conditions),
  ...toRows(vaultSecrets, generations),
  ...toRows(["VaultConnection", "VaultAuth"], access),
];
