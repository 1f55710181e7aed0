import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { all, database, made, ours, provider, type Row } from "./rule-rows.ts";

const copy = { database: { template: "base" } };
const cdc = { owner: { replication: true } };
const page = { schema: "public", name: "page" };
const publication = { name: "cdc", owner: "bob", isForAll: false, tables: [] };

/** Rules about locales, templates, attributes of roles, and publications. */
export const accessRows: readonly Row[] = [
  [
    "role-above-admin",
    { catalog: makeCatalog([liveRole("wiki", { ...ours, canReplicate: true })], database()) },
    ["superuser", "registry"],
  ],
  [
    "role-above-admin",
    { catalog: makeCatalog([liveRole("wiki", { ...ours, isSuperuser: true })], database()) },
    all,
  ],
  [
    "role-above-admin",
    {
      catalog: makeCatalog([liveRole("wiki", { ...ours, bypassesRls: true })], database(), {
        versionNumber: 150_006,
      }),
    },
    all,
  ],
  [
    "locale-differs",
    {
      entry: { database: { locale: "C" } },
      catalog: makeCatalog([liveRole("wiki", ours)], database({ collate: "C", ctype: "C.UTF-8" })),
    },
    all,
  ],
  [
    "locale-refused",
    {
      entry: { database: { icuLocale: "de-DE" } },
      catalog: makeCatalog([], [], { versionNumber: 140_019 }),
    },
    all,
  ],
  [
    "locale-refused",
    {
      entry: { database: { icuLocale: "de-DE", encoding: "SQL_ASCII" } },
      catalog: makeCatalog(),
    },
    all,
  ],
  [
    "locale-refused",
    { entry: { database: { encoding: "LATIN1", ctype: "de_DE.utf8" } }, catalog: makeCatalog() },
    all,
  ],
  [
    "locale-refused",
    {
      ...{ entry: { database: { locale: "xx_XX" } }, catalog: makeCatalog() },
      refusedSettings: [{ name: "lc_time", value: "xx_XX", code: "22023", reason: "invalid" }],
    },
    [...provider, "registry"],
  ],
  ["template-refused", { entry: copy, catalog: makeCatalog() }, all],
  ["template-refused", { entry: copy, catalog: makeCatalog([], [liveDatabase("base", "o")]) }, all],
  [
    "template-refused",
    {
      entry: copy,
      catalog: makeCatalog([], [liveDatabase("base", "o", { isTemplate: true, encoding: "X" })]),
    },
    all,
  ],
  [
    "replication-needs-superuser",
    { entry: cdc, catalog: makeCatalog([], [], { versionNumber: 150_006, canReplicate: true }) },
    ["superuser", "registry"],
  ],
  ["replication-needs-superuser", { entry: cdc, catalog: makeCatalog() }, ["superuser"]],
  [
    "role-above-admin",
    {
      entry: { owner: { replication: true, connectionLimit: 3 } },
      catalog: makeCatalog([liveRole("wiki", { ...ours, canReplicate: true })], database(), {
        versionNumber: 150_006,
      }),
    },
    all,
  ],
  [
    "publication-needs-superuser",
    { entry: { database: { publications: { cdc: "all" } } }, catalog: makeCatalog() },
    ["superuser"],
  ],
  [
    "publication-needs-superuser",
    {
      ...{ entry: { database: { publications: { cdc: ["page"] } } }, catalog: made },
      access: { publications: { live: [publication], tables: [page] } },
    },
    ["superuser"],
  ],
  [
    "publication-differs",
    {
      ...{ entry: { database: { publications: { cdc: "all" } } }, catalog: made },
      access: { publications: { live: [publication], tables: [] } },
    },
    provider,
  ],
  [
    "publication-unlisted",
    {
      ...{ entry: { database: { publications: { cdc: ["page"] } } }, catalog: made },
      access: {
        publications: {
          live: [{ ...publication, tables: [page, { schema: "public", name: "more" }] }],
          tables: [page],
        },
      },
      unlisted: {},
    },
    ["unstated"],
  ],
];
