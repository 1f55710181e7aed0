import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { expect, it } from "vitest";
import { DatabaseBed, inputsOf, loginOf } from "./app-database/bed.ts";

/** The app goes on working while its entry changes. */

const everyMs = 10;

/** Does `statement` again and again, in one session and now and then in a new one; errors it met. */
function work(login: () => Promise<Client>, statement: string) {
  const failures: string[] = [];
  let done = 0;
  let isOver = false;
  const isWorking = (): boolean => !isOver;
  const working = (async () => {
    let client = await login();
    while (isWorking()) {
      try {
        await client.query(statement);
        done += 1;
        if (done % 10 === 0) {
          await client.end();
          client = await login();
        }
      } catch (error) {
        failures.push(String(error));
      }
      await delay(everyMs);
    }
    await client.end();
  })();
  return {
    failures,
    count: () => done,
    stop: async () => {
      isOver = true;
      await working;
    },
  };
}

it("apps that query every 10 ms are refused nothing while roles come, change and go", async () => {
  const bed = await DatabaseBed.open();
  const first = { rw: { profile: "readwrite" }, ro: { profile: "readonly" } };
  let made = await bed.up(inputsOf("shop", { roles: first }));
  await bed.sqlAs("shop", "shop", "create table orders (id serial primary key, note text)");
  const enter = (role: string) => async () => {
    const client = new Client(loginOf(bed, role, "shop"));
    await client.connect();
    return client;
  };
  const insert = "insert into orders (note) values ('x')";
  const clients = [
    work(enter("shop"), insert),
    work(enter("shop_rw"), insert),
    work(enter("shop_ro"), "select count(*) from orders"),
  ];
  const untilAllWorked = async (): Promise<void> => {
    const before = clients.map(({ count }) => count());
    while (clients.some(({ count }, index) => count() < (before[index] ?? 0) + 20)) await delay(50);
  };
  await untilAllWorked();
  const changes = [
    { ...first, reports: { profile: "readonly" } },
    { ...first, reports: { profile: "readwrite" } },
    { ...first, reports: { profile: "readwrite", connectionLimit: 7 } },
    first,
    { ...first, rw: { profile: "readwrite", connectionLimit: 50 } },
    first,
  ];
  for (const roles of changes) {
    made = await bed.up(inputsOf("shop", { roles }), made);
    // The second up of the same, as a hand edit would call for it.
    await bed.sql("alter role shop_ro connection limit 40");
    made = await bed.up(inputsOf("shop", { roles }), made);
    await untilAllWorked();
  }
  for (const client of clients) await client.stop();
  await bed.close();
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
}, 120_000);
