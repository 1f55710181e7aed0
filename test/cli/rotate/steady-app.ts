import { setTimeout as delay } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";

/** A login as the app was given it. */
export interface Login {
  readonly name: string;
  readonly password: string;
}

/**
 * An app as a rotation meets it: some 100 requests a second from five connections, each used for ten
 * requests; what it does takes the owner's rights, whoever made the thing. It knows of a new credential
 * only a while after the item has it, as through a Secret.
 */
export class SteadyApp {
  readonly failures: string[] = [];
  /** Requests that were answered, by the login they came with. */
  readonly done = new Map<string, number>();
  #current: Login;
  #isOver = false;
  readonly #workers: Promise<void>[];
  readonly #watching: Promise<void>;

  /** @param table Prefix of what it makes; two apps of one database need two. */
  constructor(
    where: Pick<ClientConfig, "host" | "port" | "database">,
    { read, lagMs }: { readonly read: () => Login; readonly lagMs: number },
    table: string,
  ) {
    this.#current = read();
    this.#watching = this.#watch(read, lagMs);
    this.#workers = [0, 1, 2, 3, 4].map((n) => this.#work(where, `${table}_${String(n)}`));
  }

  /** The login that new connections come with. */
  get login(): string {
    return this.#current.name;
  }

  get count(): number {
    return [...this.done.values()].reduce((sum, n) => sum + n, 0);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#workers, this.#watching]);
  }

  async #watch(read: () => Login, lagMs: number): Promise<void> {
    while (!this.#isOver) {
      const next = read();
      await delay(lagMs);
      this.#current = next;
    }
  }

  async #work(where: ClientConfig, table: string): Promise<void> {
    while (!this.#isOver) {
      const { name, password } = this.#current;
      const client = new Client({ ...where, user: name, password });
      client.on("error", () => undefined);
      try {
        await client.connect();
        for (const statement of statements(table)) {
          await client.query(statement);
          this.done.set(name, (this.done.get(name) ?? 0) + 1);
          await delay(45);
        }
      } catch (error) {
        this.failures.push(`${name}: ${String(error)}`);
        await delay(45);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }
}

/** The table was made by whichever login came first, and is changed by every other. */
function statements(table: string): readonly string[] {
  const insert = `insert into ${table} (note) values ('x')`;
  return [
    `create table if not exists ${table} (id serial primary key, note text)`,
    insert,
    insert,
    `alter table ${table} add column more int`,
    insert,
    `create index ${table}_more on ${table} (more)`,
    insert,
    `drop index ${table}_more`,
    `alter table ${table} drop column more`,
    `select count(*) from ${table}`,
  ];
}
