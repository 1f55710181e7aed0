import type { LiveRole } from "../../../components/postgres/catalog/catalog.ts";
import type { Dependent, Loss } from "../../../components/postgres/catalog/retirement.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { nothingLeaves, type Situation } from "./callers.ts";
import type { Row } from "./rule-rows.ts";

/** Rules about what is dropped, and about what others made: each with a situation, and who says so. */

const ours = { memberOf: ["berth_prod"] };
const wiki = liveRole("wiki", ours);
const made = makeCatalog([wiki], [liveDatabase("wiki", "wiki")]);
const session = {
  ...{ pid: 1, role: "old", database: "wiki" },
  ...{ application: "", client: "", since: "" },
};
const dependent: Dependent = {
  ...{ role: "old", database: null, object: "database shop", target: "DATABASE shop" },
  ...{ tie: "owns", count: 1 },
};
const loss: Loss = {
  ...{ kind: "gave", role: "old", object: "table page", target: "TABLE page" },
  ...{ privileges: ["SELECT"], column: "", grantee: "bob", grantor: "old" },
};

/** Role `old` left the entry, and everything stands in the way. */
export const leaves: Situation = {
  catalog: makeCatalog([wiki, liveRole("old", ours)], [liveDatabase("wiki", "wiki")]),
  context: { formerRoles: [{ key: "old", name: "old" }], reclaimPolicy: "delete" },
  leaving: { ...nothingLeaves, sessions: [session], dependents: [dependent], losses: [loss] },
};

const losing = (kind: Loss["kind"]): Situation => ({
  ...leaves,
  leaving: { ...nothingLeaves, losses: [{ ...loss, kind }] },
});

/** The app leaves with its database. */
const drops = (leaving: Partial<Situation["leaving"]>): Situation => ({
  catalog: made,
  leaving: { ...nothingLeaves, ...leaving },
});

const kinds = [
  ...(["subscription", "replication slot", "prepared transaction", "template"] as const),
  "objects" as const,
];

export const leavingRows: readonly Row[] = [
  ["role-is-connected", leaves, ["up"]],
  ["role-is-connected", drops({ sessions: [{ ...session, role: "wiki" }] }), ["drop"]],
  ["role-has-dependents", leaves, ["up"]],
  ["role-has-dependents", losing("has"), ["up"]],
  ["role-has-dependents", losing("owns"), ["up"]],
  ["role-has-dependents", drops({ dependents: [{ ...dependent, role: "wiki" }] }), ["drop"]],
  ["role-gave-to-others", leaves, ["up"]],
  ["role-gave-to-others", losing("policy"), ["up"]],
  ["role-gave-to-others", losing("member"), ["up"]],
  ["database-reserved", { ...drops({}), reserved: ["wiki"] }, ["drop"]],
  [
    "database-not-ours",
    { catalog: makeCatalog([liveRole("wiki")], [liveDatabase("wiki", "wiki")]) },
    ["drop"],
  ],
  [
    "database-other-owner",
    { catalog: makeCatalog([wiki], [liveDatabase("wiki", "bob")]) },
    ["drop"],
  ],
  ...kinds.map(
    (kind): Row => [
      "database-in-use",
      drops({ blockers: [{ kind, name: "one", isOfStack: false }] }),
      ["drop"],
    ],
  ),
];

const inReports = (more: object): LiveRole =>
  liveRole("wiki_ro", {
    memberOf: ["berth_prod", "reports"],
    memberships: [{ group: "reports", grantor: "postgres", ...more }],
  });
const further = { roles: { ro: { profile: "readonly", memberOf: ["reports"] } } };
const table = { type: "table", name: "public.t", owner: "bob" };

/** What the entry does not state: roles beside the owner, and more. */
function beside(roles: readonly LiveRole[], more: Partial<Situation> = {}): Situation {
  const catalog = makeCatalog([wiki, ...roles], [liveDatabase("wiki", "wiki")]);
  return { entry: further, catalog, access: {}, unlisted: {}, ...more };
}

export const unstatedRows: readonly Row[] = [
  ["membership-option", beside([inReports({ isAdmin: true })]), ["unstated"]],
  ["membership-option", beside([inReports({ inherits: false })]), ["unstated"]],
  [
    "member-unlisted",
    beside([liveRole("bob", { memberships: [{ group: "wiki", grantor: "postgres" }] })]),
    ["unstated"],
  ],
  [
    "grant-option",
    beside([], {
      catalog: makeCatalog(
        [wiki],
        [
          liveDatabase("wiki", "wiki", {
            grantable: [{ grantee: "wiki_ro", privilege: "CONNECT", grantor: "wiki" }],
          }),
        ],
      ),
    }),
    ["unstated"],
  ],
  ["object-of-other", beside([], { unlisted: { objects: [table] } }), ["unstated"]],
  [
    "schema-unlisted",
    beside([], { unlisted: { schemas: [{ name: "own", roles: ["wiki_ro"] }] } }),
    ["unstated"],
  ],
  [
    "setting-unstated",
    beside([], { unlisted: { settings: [{ role: null, setting: "work_mem=8MB" }] } }),
    ["unstated"],
  ],
  [
    "object-missing",
    beside([], { entry: { roles: { ro: { profile: "readonly", except: ["t"] } } } }),
    ["unstated"],
  ],
  [
    "registry-would-lose",
    {
      entry: { adopt: true, provisioner: "postgresql", owner: { memberOf: ["staff"] } },
      catalog: makeCatalog([
        liveRole("wiki", {
          adminMayAlter: true,
          memberOf: ["staff"],
          memberships: [{ group: "staff", grantor: "postgres", isAdmin: true }],
        }),
        liveRole("staff", { adminMayAlter: true }),
      ]),
    },
    ["registry"],
  ],
];
