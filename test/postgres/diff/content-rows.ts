import type { LiveExtension } from "../../../components/postgres/catalog/extensions.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import type { Row } from "./rule-rows.ts";

/** Rules about what is inside a database, and about settings: each with a situation, and who says so. */

const wiki = liveRole("wiki", { memberOf: ["berth_prod"] });
const made = makeCatalog([wiki], [liveDatabase("wiki", "wiki")]);
const citext: LiveExtension = {
  ...{ name: "citext", isWanted: true, isAvailable: true, hasVersion: true },
  ...{ isTrusted: true, needsSuperuser: false, belongsToOther: false, keepsFunctions: false },
  ...{ fixedSchema: null, schema: "public", requires: [] },
  ...{ installedVersion: null, installedSchema: null },
};
const wantsCitext = { database: { extensions: ["citext"] } };
const schema = (name: string, owner: string) =>
  ({ type: "schema", schema: name, name, owner, privileges: [] }) as const;

const provider = ["up", "preview", "import"] as const;

export const contentRows: readonly Row[] = [
  [
    "schema-other-owner",
    {
      entry: { database: { schemas: ["billing"] } },
      ...{ catalog: made, access: { objects: [schema("billing", "postgres")] } },
    },
    [...provider, "registry"],
  ],
  [
    "extension-elsewhere",
    {
      ...{ entry: wantsCitext, catalog: made },
      access: { extensions: [{ ...citext, installedVersion: "1", installedSchema: "other" }] },
    },
    [...provider, "registry"],
  ],
  [
    "extension-elsewhere",
    {
      entry: wantsCitext,
      ...{ catalog: makeCatalog(), extensions: [{ ...citext, fixedSchema: "pg_catalog" }] },
    },
    [...provider, "registry"],
  ],
  [
    "extension-unavailable",
    {
      entry: { database: { extensions: [{ name: "citext", version: "9" }] } },
      ...{ catalog: makeCatalog(), extensions: [{ ...citext, hasVersion: false }] },
    },
    [...provider, "registry"],
  ],
  [
    "extension-unavailable",
    {
      entry: wantsCitext,
      ...{ catalog: makeCatalog(), extensions: [{ ...citext, isAvailable: false }] },
    },
    [...provider, "registry"],
  ],
  [
    "extension-needs-other",
    {
      entry: wantsCitext,
      ...{ catalog: makeCatalog(), extensions: [{ ...citext, requires: ["cube"] }] },
    },
    ["registry"],
  ],
  [
    "setting-refused",
    {
      ...{ entry: { owner: { settings: { work_mem: "lots" } } }, catalog: makeCatalog() },
      refusedSettings: [
        { name: "work_mem", value: "lots", code: "22023", reason: "invalid value" },
      ],
    },
    provider,
  ],
  [
    "extension-needs-superuser",
    {
      entry: wantsCitext,
      ...{ catalog: made, access: { extensions: [{ ...citext, needsSuperuser: true }] } },
    },
    ["superuser"],
  ],
  [
    "schema-closed",
    {
      entry: { roles: { ro: { profile: "readonly" } } },
      ...{ catalog: made, access: { objects: [schema("public", "postgres")] } },
    },
    ["superuser"],
  ],
  [
    "grant-of-other",
    {
      catalog: makeCatalog(
        [wiki],
        [
          liveDatabase("wiki", "wiki", {
            others: [{ grantee: "PUBLIC", privilege: "CONNECT", grantor: "bob" }],
          }),
        ],
      ),
      access: {},
    },
    ["superuser"],
  ],
];
