import { afterEach } from "vitest";
import { formatOwningStack } from "../../../components/postgres/rules/roles/identity.ts";
import { AppDatabaseHandler } from "../../../provider/app-database/handler.ts";
import { RunReports } from "../../../provider/app-database/run-reports.ts";
import type { PropertyMap } from "../../../provider/rpc/property-values.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { on14, package14 } from "../../postgres-packages.ts";
import { rowsOf } from "../../rows.ts";
import { readFrom } from "./admin-item.ts";
import { admin, type DatabaseBed, inputsOf, toUrn } from "./bed.ts";
import { keepNeighbour, useBed } from "./use-bed.ts";

/** What a run gets, without the apps. */
interface Run {
  /** Of `berth:postgres`. */
  readonly postgres?: PropertyMap;
  readonly preview?: boolean;
}

/** An entry of the stack file, without its name. */
type Entry = Record<string, unknown>;

/** A stack with its state, on a bed that it may share with others. The engine's part is played here. */
export class TestStack {
  readonly bed: DatabaseBed;
  readonly reports: string[] = [];
  /** undefined = of a version that knew none. */
  identity: { readonly id: string; readonly name: string } | undefined;
  ownershipRole: string;
  /** The provider's arguments in state. */
  provider: PropertyMap = {};
  readonly resources = new Map<string, StoredResource>();

  constructor(bed: DatabaseBed, stack: string, options: { id?: string; role: string }) {
    this.bed = bed;
    this.ownershipRole = options.role;
    const { id } = options;
    this.identity = id === undefined ? undefined : { id, name: `organization/berth/${stack}` };
  }

  get ownershipComment(): string {
    return this.identity === undefined ? "" : formatOwningStack(this.identity);
  }

  rename(stack: string, id: string, role: string): void {
    this.identity = { id, name: `organization/berth/${stack}` };
    this.ownershipRole = role;
  }

  loseState(): void {
    this.provider = {};
    this.resources.clear();
  }

  #handler(): AppDatabaseHandler {
    const report = (_: unknown, __: unknown, text: string) => this.reports.push(text);
    return new AppDatabaseHandler(new RunReports(report), false, readFrom(this.bed.admins));
  }

  /** `pulumi up` or `preview` with these apps; what has left goes last. */
  async run(apps: Record<string, Entry>, { postgres = {}, preview = false }: Run = {}) {
    this.reports.length = 0;
    const handler = this.#handler();
    try {
      const config = this.bed.config({ ownershipRole: this.ownershipRole, ...postgres });
      const places = Object.keys(apps).map((app) => [app, { database: app, roles: [app] }]);
      const news: PropertyMap = {
        ...config,
        places: JSON.stringify(Object.fromEntries(places)),
        ...(this.identity === undefined ? {} : { stack: { ...this.identity } }),
      };
      const checked = handler.checkConfig({ urn: "provider", olds: this.provider, news });
      if (checked.failures.length > 0) throw new Error(checked.failures.join("\n"));
      await handler.configure(checked.inputs);
      if (!preview) this.provider = checked.inputs;
      for (const [app, entry] of Object.entries(apps)) {
        await this.#bring(handler, inputsOf(app, entry), { app, preview });
      }
      if (preview) return;
      for (const [app, resource] of this.resources) {
        if (apps[app] !== undefined) continue;
        await handler.delete(resource);
        this.resources.delete(app);
      }
    } finally {
      await handler.close();
    }
  }

  /** `pulumi destroy`, which runs no program: all that the provider knows is in state. */
  async destroy(): Promise<void> {
    const handler = this.#handler();
    try {
      await handler.configure(this.provider);
      for (const resource of this.resources.values()) await handler.delete(resource);
    } finally {
      await handler.close();
    }
  }

  async #bring(
    handler: AppDatabaseHandler,
    inputs: PropertyMap,
    { app, preview }: { readonly app: string; readonly preview: boolean },
  ): Promise<void> {
    const urn = toUrn(app);
    const old = this.resources.get(app);
    await handler.check({ urn, oldInputs: old?.inputs, newInputs: inputs });
    if (old === undefined) {
      const made = await handler.create({ urn, inputs, preview });
      if (!preview) this.resources.set(app, { urn, inputs, ...made });
      return;
    }
    const request = { id: old.id, urn, oldInputs: old.inputs, oldState: old.state };
    const changes = await handler.diff({ ...request, newInputs: inputs });
    if (Object.keys(changes).length === 0) return;
    this.reports.push(`changes: ${Object.keys(changes).toSorted().join(", ")}`);
    const state = await handler.update({ ...request, newInputs: inputs, preview });
    if (!preview) this.resources.set(app, { ...old, inputs, state });
  }
}

/** The ownership role that the stacks of a test want. */
export const role = "berth_team_a";

/** Ids of stacks. */
export const [one, two] = ["1111111111111111", "2222222222222222"];

/** An entry whose database is dropped when it leaves, and what confirms that. */
export const doomed = { reclaimPolicy: "delete" };
export const confirmed = { postgres: { confirmDelete: ["shop"] } };

/** Kinds of admin, and the servers that treat them differently; what no server decides is tried with one. */
export const admins = rowsOf<StackOptions & { admin: string; isFull?: boolean }>(
  [{ admin: "an admin with CREATEROLE and CREATEDB on 18", isSuperuser: false, isFull: true }],
  [
    { admin: "a superuser on 18", isSuperuser: true },
    ...on14(
      { admin: "an admin with CREATEROLE on 14", isSuperuser: false, packageName: package14 },
      { admin: "a superuser on 14", isSuperuser: true, packageName: package14 },
    ),
  ],
);

interface StackOptions {
  readonly isSuperuser: boolean;
  readonly packageName?: string;
}

/** A server for the tests of a `describe`, emptied after each, and what they do with stacks on it. */
export function useStacks(options: StackOptions) {
  const bed = useBed(options);
  keepNeighbour(bed);

  afterEach(async () => {
    for (const name of ["shop", "wiki"]) {
      await bed.sql(`DROP DATABASE IF EXISTS ${name}`);
      await bed.sql(`DROP ROLE IF EXISTS ${name}`);
    }
    for (const name of [role, "berth_team_b"]) await bed.sql(`DROP ROLE IF EXISTS ${name}`);
    bed.clearLog();
  });

  const stackOf = (stack: string, id: string | undefined, name = role): TestStack =>
    new TestStack(bed, stack, { role: name, ...(id === undefined ? {} : { id }) });
  return {
    bed,
    stackOf,
    /** A stack with an app that holds three rows. */
    plant: async (stack: string, id: string | undefined): Promise<TestStack> => {
      const made = stackOf(stack, id);
      await made.run({ shop: {} });
      await bed.sqlAs("shop", "shop", "create table orders as select generate_series(1, 3) as id");
      bed.clearLog();
      return made;
    },
    /** The rows, as the app reads them with its own password. */
    rows: () => bed.sqlAs("shop", "shop", "select id from orders"),
    /** What the ownership role says. */
    comment: async (): Promise<string | null> => {
      const [found] = await bed.sql<{ comment: string | null }>(
        `select shobj_description(oid, 'pg_authid') as comment from pg_roles where rolname = '${role}'`,
      );
      return found?.comment ?? null;
    },
    runAsAdmin: async (statement: string): Promise<void> => {
      await bed.sqlWith(admin, "postgres", statement);
    },
  };
}
