import { setTimeout as delay } from "node:timers/promises";
import { escapeLiteral } from "pg";
import type { RotateContext } from "../../../cli/rotate/context.ts";
import { retire } from "../../../cli/rotate/retire.ts";
import { rotateTwoLogins } from "../../../cli/rotate/two-logins.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { readStackItems, type StackItems } from "../../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../../components/onepassword/through-client.ts";
import { toState } from "../../../components/postgres/plan/app-state.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { withServer } from "../../../components/postgres/server/reach.ts";
import { makeVerifier, makeVerifiers } from "../../../components/postgres/verifier.ts";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../../dev/connect/server.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";
import { findItem, loginOf } from "../../../dev/sandbox.ts";
import { SecretValue, toPropertyMap } from "../../../provider/rpc/property-values.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { admin, DatabaseBed, ownershipRole } from "../../provider/app-database/bed.ts";
import type { Login } from "./steady-app.ts";

const item = "netbox-db-credentials";
const first: Login = { name: "netbox_a", password: "first-word-0123456789" };

/**
 * Rotation without the engine: a real server, the stand-in for Connect, the verb's own code, and the
 * provider's apply where the verb would run `pulumi up`.
 */
export class RotationBed {
  readonly database: DatabaseBed;
  readonly #connect: ConnectServer;
  readonly #store: VaultStore;
  readonly #token: string;
  readonly #spec: StackSpec;
  #made: StoredResource | undefined;
  /** What a run says, step by step. */
  readonly steps: string[] = [];

  private constructor(
    database: DatabaseBed,
    connect: ConnectServer,
    { store, token, spec }: { store: VaultStore; token: string; spec: StackSpec },
  ) {
    this.database = database;
    this.#connect = connect;
    this.#store = store;
    this.#token = token;
    this.#spec = spec;
  }

  static async open(): Promise<RotationBed> {
    const database = await DatabaseBed.open();
    const store = new VaultStore([createSampleVault()]);
    const token = makeToken();
    setLogin(store, "postgres-admin", admin);
    setLogin(store, item, first);
    const connect = await startConnect({ store, token });
    const apps = { netbox: { owner: { rotation: "two-logins" } } };
    const spec = makeSpec(apps, { ...database.postgres, ownershipRole });
    const bed = new RotationBed(database, connect, { store, token, spec });
    await bed.up();
    return bed;
  }

  async close(): Promise<void> {
    await this.#connect.close();
    await this.database.close();
  }

  /** As it was when it was opened: the first login with its first password, and the other one waits. */
  async startOver(): Promise<void> {
    setLogin(this.#store, item, first);
    const verifier = escapeLiteral(makeVerifier(first.password, first.name));
    await this.database.sql(
      `alter role ${first.name} login password ${verifier};
       alter role netbox_b nologin password null;
       select pg_terminate_backend(pid) from pg_stat_activity where usename like 'netbox%'`,
    );
    await this.up();
  }

  /** What the item holds now. */
  login(): Login {
    return loginOf(this.#store, item);
  }

  /** An edit by hand. */
  setLogin(login: Login): void {
    setLogin(this.#store, item, login);
  }

  /** From now on the answer to each edit of an item is lost, until it is restored. */
  loseAnswers(): () => void {
    const put = this.#store.putItem.bind(this.#store);
    this.#store.putItem = (edited) => {
      put(edited);
      throw new Error("the answer is lost");
    };
    return () => {
      this.#store.putItem = put;
    };
  }

  async up(): Promise<void> {
    const [app] = this.#spec.apps;
    if (app === undefined) throw new Error("no app");
    const items = await this.#read();
    const plan = planDatabase(app, this.#spec.postgres);
    const verifiers = [...(await makeVerifiers(app.roles, items.credential))].map(
      ([key, verifier]) => [key, new SecretValue(verifier)] as const,
    );
    const state = toPropertyMap(toState(plan, ownershipRole, "retain"));
    const inputs = { ...state, verifiers: Object.fromEntries(verifiers) };
    this.#made = await this.database.up(inputs, this.#made);
  }

  /**
   * @param at Where it has said this, something happens.
   * @param what By default the run ends with an error.
   */
  rotate(at?: string, what?: () => void): Promise<number> {
    return this.#with(rotateTwoLogins, at, what);
  }

  retire(): Promise<number> {
    return this.#with((context) => retire(context, { times: 3, everyMs: 50 }));
  }

  /** Until nobody is connected any more as the former login. */
  async retireAtLast(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await this.retire()) === 0) return;
      await delay(200);
    }
    throw new Error("somebody keeps connected as the former login");
  }

  /** Which of the app's roles may log in. */
  async canLogIn(): Promise<string[]> {
    const rows = await this.database.sql<{ name: string }>(
      "select rolname as name from pg_roles where rolname like 'netbox%' and rolcanlogin order by 1",
    );
    return rows.map(({ name }) => name);
  }

  #read(): Promise<StackItems> {
    return readStackItems(this.#spec, readThroughClient(this.#access()));
  }

  #access() {
    return { kind: "connect", url: this.#connect.url, token: this.#token } as const;
  }

  async #with(
    verb: (context: RotateContext) => Promise<number>,
    at?: string,
    what = (): void => {
      throw new Error("killed here");
    },
  ): Promise<number> {
    const [app] = this.#spec.apps;
    if (app === undefined) throw new Error("no app");
    this.steps.length = 0;
    return await withServer(this.#spec.postgres, (server) =>
      verb({
        args: {
          stack: "prod",
          file: undefined,
          app: "netbox",
          role: undefined,
          wait: 1,
          keys: false,
          retire: false,
          json: true,
        },
        spec: this.#spec,
        app,
        role: app.roles[0],
        access: this.#access(),
        server,
        item: `vaults/Coachlight/items/${item}`,
        read: () => this.#read(),
        up: () => this.up(),
        say: (step, text) => {
          this.steps.push(`${step}: ${text}`);
          if (at !== undefined && text.includes(at)) what();
        },
      }),
    );
  }
}

function setLogin(store: VaultStore, title: string, login: Login): void {
  const found = structuredClone(findItem(store, title));
  for (const field of found.fields) {
    if (field.label === "username") field.value = login.name;
    if (field.label === "password") field.value = login.password;
  }
  store.putItem(found);
}
