import type { LiveDatabase, LiveRole } from "../../../components/postgres/catalog/catalog.ts";
import type { problemCodes } from "../../../components/postgres/rules/problem.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";

import type { callers, Situation } from "./callers.ts";

export const ours = { memberOf: ["berth_prod"] };
const adopt = { adopt: true };
const inStaff = { owner: { memberOf: ["staff"] } };
const twoLogins = { owner: { rotation: "two-logins" } };
export const database = (more: Partial<LiveDatabase> = {}) => [liveDatabase("wiki", "wiki", more)];
const group = [liveRole("wiki", { ...ours, canLogin: false })];
export const made = makeCatalog([liveRole("wiki", ours)], database());
const stack = { id: "0123456789abcdef", name: "organization/berth/prod" };
const comment = "berth: stack organization/berth/prod, id fedcba9876543210";
const ownership = (more: Partial<LiveRole>) =>
  liveRole("berth_prod", { canLogin: false, hasMembers: true, ...more });
const ofOther = liveRole("wiki", {
  memberOf: ["berth_dev"],
  memberships: [{ group: "berth_dev", grantor: "postgres", comment }],
});

export type Row = readonly [
  code: (typeof problemCodes)[number],
  situation: Situation,
  by: readonly (keyof typeof callers)[],
];

export const provider = ["up", "preview", "import"] as const;
export const all = [...provider, "registry", "doctor"] as const;
const bySession = ["registry", "doctor"] as const;

/** Every rule with a situation that it refuses, and who refuses it. */
export const table: readonly Row[] = [
  ["server-not-pinned", { postgres: {}, catalog: made }, ["registry"]],
  ["server-other", { catalog: makeCatalog([], [], { systemIdentifier: "9" }) }, bySession],
  ["server-too-old", { catalog: makeCatalog([], [], { versionNumber: 130_022 }) }, bySession],
  ["server-is-standby", { catalog: makeCatalog([], [], { isStandby: true }) }, bySession],
  ["admin-lacks-createrole", { catalog: makeCatalog([], [], { canCreateRole: false }) }, bySession],
  [
    "admin-lacks-createdb",
    { catalog: makeCatalog([], [], { canCreateDatabase: false }) },
    bySession,
  ],
  ["admin-is-reserved", { catalog: makeCatalog([], [], { admin: "paperless" }) }, bySession],
  [
    "admin-lacks-self-grant",
    { entry: { provisioner: "postgresql" }, catalog: makeCatalog() },
    ["doctor"],
  ],
  ["ownership-role-has-rights", { catalog: makeCatalog([liveRole("berth_prod")]) }, all],
  ["ownership-role-of-other-stack", { stack, catalog: makeCatalog([ownership({ comment })]) }, all],
  [
    "ownership-role-of-other-stack",
    {
      stack,
      entry: twoLogins,
      catalog: makeCatalog([ownership({ comment }), ...group], database()),
    },
    ["rotate"],
  ],
  [
    "ownership-role-without-stack",
    { stack, catalog: makeCatalog([ownership({})]) },
    // Doctor does not read state, so it can only warn.
    [...provider, "registry"],
  ],
  ["stack-unknown", { catalog: makeCatalog([ownership({ comment })]) }, all],
  ["role-of-other-stack", { catalog: makeCatalog([ofOther]) }, all],
  ["role-of-other-stack", { entry: adopt, catalog: makeCatalog([ofOther], database()) }, all],
  [
    "maintain-unsupported",
    {
      entry: { roles: { m: { privileges: { tables: ["MAINTAIN"] } } } },
      catalog: makeCatalog([], [], { versionNumber: 160_004 }),
    },
    all,
  ],
  [
    "set-role-broken",
    { entry: twoLogins, catalog: makeCatalog(group, database(), { versionNumber: 170_001 }) },
    [...all, "rotate"],
  ],
  ["role-not-ours", { catalog: makeCatalog([liveRole("wiki")]) }, all],
  [
    "role-has-rights",
    {
      entry: adopt,
      catalog: makeCatalog([liveRole("wiki", { isSuperuser: true, adminMayAlter: true })]),
    },
    all,
  ],
  [
    "role-has-rights",
    { catalog: makeCatalog([liveRole("wiki", { isSuperuser: true })], database()) },
    ["adopt"],
  ],
  [
    "role-would-lose",
    {
      entry: adopt,
      catalog: makeCatalog([liveRole("wiki", { memberOf: ["staff"], adminMayAlter: true })]),
    },
    all,
  ],
  [
    "role-would-lose",
    {
      entry: adopt,
      catalog: makeCatalog([
        liveRole("wiki", { settings: ["search_path=app, public"], adminMayAlter: true }),
      ]),
    },
    all,
  ],
  [
    "role-out-of-reach",
    { entry: adopt, catalog: makeCatalog([liveRole("wiki")]) },
    ["up", "preview", "registry", "doctor"],
  ],
  ["group-missing", { entry: inStaff, catalog: makeCatalog() }, all],
  [
    "group-is-superuser",
    { entry: inStaff, catalog: makeCatalog([liveRole("staff", { isSuperuser: true })]) },
    all,
  ],
  [
    "group-out-of-reach",
    { entry: inStaff, catalog: makeCatalog([liveRole("staff")]) },
    ["up", "preview", "registry", "doctor"],
  ],
  [
    "login-is-group",
    { entry: twoLogins, catalog: makeCatalog(), context: { verifiers: new Map([["owner", ""]]) } },
    provider,
  ],
  [
    "database-other-owner",
    { catalog: makeCatalog([liveRole("wiki", ours)], [liveDatabase("wiki", "paperless")]) },
    [...all, "refresh"],
  ],
  [
    "database-other-owner",
    { entry: twoLogins, catalog: makeCatalog(group, [liveDatabase("wiki", "paperless")]) },
    ["rotate"],
  ],
  // A database outlives the mark of its owner, which a superuser can take away.
  ["database-not-ours", { catalog: makeCatalog([], database()) }, all],
  [
    "database-closed",
    { entry: adopt, catalog: makeCatalog([], database({ allowsConnections: false })) },
    [...all, "adopt"],
  ],
  [
    "database-half-dropped",
    { catalog: makeCatalog([liveRole("wiki", ours)], database({ connectionLimit: -2 })) },
    [...all, "refresh", "adopt"],
  ],
  [
    "database-half-dropped",
    { entry: twoLogins, catalog: makeCatalog(group, database({ connectionLimit: -2 })) },
    ["rotate"],
  ],
  [
    "database-lost",
    { catalog: makeCatalog([liveRole("wiki", ours)]), context: { isKnown: true } },
    [...provider, "refresh"],
  ],
  ["database-missing", { entry: twoLogins, catalog: makeCatalog(group) }, ["rotate"]],
  [
    "name-unreadable",
    {
      entry: { owner: { name: "Müller" }, database: { encoding: "LATIN1" } },
      catalog: makeCatalog(),
    },
    all,
  ],
  [
    "encoding-differs",
    { catalog: makeCatalog([liveRole("wiki", ours)], database({ encoding: "LATIN1" })) },
    all,
  ],
];
