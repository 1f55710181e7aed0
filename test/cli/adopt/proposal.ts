import type { AdoptFacts, Inside } from "../../../cli/adopt/facts.ts";
import { proposeApps } from "../../../cli/adopt/propose.ts";
import { noAccess } from "../../../components/postgres/catalog/access.ts";
import type { LiveDatabase, LiveRole } from "../../../components/postgres/catalog/catalog.ts";
import { liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec, type Written, writeStack } from "../../fakes/stack.ts";

/** What is proposed for a server with these on it. */
export function propose(
  roles: readonly LiveRole[],
  databases: readonly LiveDatabase[],
  more: {
    readonly apps?: Record<string, unknown>;
    readonly insides?: Readonly<Record<string, Inside | string>>;
    readonly verifiers?: Readonly<Record<string, string>>;
    readonly postgres?: Written;
  } = {},
) {
  const apps = more.apps ?? {};
  const insides = databases.map(({ name }): [string, Inside | string] => [
    name,
    more.insides?.[name] ?? { access: noAccess, extensions: [], extras: [], objects: [] },
  ]);
  const facts: AdoptFacts = {
    catalog: makeCatalog(roles, databases),
    insides: new Map(insides),
    verifiers: more.verifiers === undefined ? undefined : new Map(Object.entries(more.verifiers)),
  };
  const spec = makeSpec(apps, more.postgres);
  const stack = { id: "0123456789abcdef", name: "organization/berth/prod" };
  const identified = { ...spec, postgres: { ...spec.postgres, stack } };
  const found = proposeApps({ spec: identified, values: writeStack(apps, more.postgres) }, facts);
  return {
    entries: Object.fromEntries(found.apps.map(({ key, entry }) => [key, entry])),
    leftAlone: found.leftAlone.map(
      ({ kind, name, reasons }) => `${kind} ${name}: ${reasons.join("; ")}`,
    ),
    kept: Object.fromEntries(found.apps.map(({ key, kept }) => [key, kept])),
  };
}

/** A login role that owns the database of its name. */
export const owning = (name: string, more: Partial<LiveRole> = {}) =>
  liveRole(name, { ownedDatabases: [name], ...more });
