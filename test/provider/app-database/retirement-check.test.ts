import { describe, expect, it } from "vitest";
import {
  checkRetirement,
  describeKept,
  describeLeft,
} from "../../../provider/app-database/retirement-check.ts";

/** What a preview says of apps that leave with their database, before anything is done. */

const wiki = { database: "wiki", roles: ["wiki", "wiki_rw"] };
const other = { database: "other", roles: ["other"] };
const list = (places: Record<string, { database: string; roles: string[] }>): string =>
  JSON.stringify(places);
const postgres = (confirmDelete: string[] = [], more = {}) => ({ confirmDelete, ...more });

describe("checkRetirement", () => {
  it("remembers all apps, and what goes with its app", () => {
    const news = { postgres: postgres(), places: list({ wiki, other }), reclaim: { wiki } };
    const checked = checkRetirement({}, news);
    expect(checked.inputs).toEqual(news);
    expect(checked).toMatchObject({ failures: [], warnings: [], places: { wiki, other } });
  });

  it("says of an app that leaves under retain what stays", () => {
    const olds = { places: list({ wiki, other }) };
    const { kept, failures, warnings } = checkRetirement(olds, { places: list({ other }) });
    expect(kept).toEqual([["wiki", wiki]]);
    expect(describeKept("wiki", wiki)).toBe(
      'app wiki leaves the stack: database "wiki", its rows and logins wiki, wiki_rw stay on the server (reclaimPolicy: retain)',
    );
    expect({ failures, warnings }).toEqual({ failures: [], warnings: [] });
  });

  it("says nothing of an app whose database another app has now, nor before it knows the apps", () => {
    const renamed = { places: list({ renamed: wiki, other }) };
    expect(checkRetirement({ places: list({ wiki, other }) }, renamed).kept).toEqual([]);
    expect(checkRetirement({}, renamed).kept).toEqual([]);
  });

  it("refuses an app that leaves unconfirmed, with both ways out", () => {
    const olds = { reclaim: { wiki } };
    const { failures } = checkRetirement(olds, {
      postgres: postgres(["other"]),
      places: list({ other }),
    });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain("app wiki has left the stack file with reclaimPolicy: delete");
    expect(failures[0]).toContain(
      'database "wiki" with all that it holds, and roles wiki, wiki_rw',
    );
    expect(failures[0]).toContain("confirmDelete: [wiki]");
    expect(failures[0]).toContain("put the entry back with reclaimPolicy: retain");
  });

  it("announces one that is confirmed, with its dump, until the confirmation is taken out", () => {
    const news = { postgres: postgres(["wiki"], { dumpDirectory: "dumps" }), places: list({}) };
    const first = checkRetirement({ reclaim: { wiki } }, news);
    expect(first.failures).toEqual([]);
    expect(first.warnings[0]).toMatch(/drops database "wiki".*after a dump into dumps/);
    expect(first.inputs["reclaim"]).toEqual({ wiki: { ...wiki, isLeaving: true } });
    const again = checkRetirement(first.inputs, news);
    expect(again.warnings).toEqual(first.warnings);
    const done = checkRetirement(again.inputs, { postgres: postgres(), places: list({}) });
    expect(done).toMatchObject({ failures: [], warnings: [] });
    expect(done.inputs["reclaim"]).toBeUndefined();
  });

  it("is silent where the app stays, under retain or with another database, or another app has it", () => {
    const olds = { reclaim: { wiki } };
    for (const apps of [
      { wiki },
      { wiki: { ...wiki, database: "wiki2" } },
      { renamed: { database: "wiki", roles: ["wiki"] } },
    ]) {
      const checked = checkRetirement(olds, { postgres: postgres(), places: list(apps) });
      expect(checked).toMatchObject({ failures: [], warnings: [] });
      expect(checked.inputs["reclaim"]).toBeUndefined();
    }
  });

  it("asks for each of several databases, and says which left the entry of an app that stays", () => {
    const arr = { database: "radarr_main", further: ["radarr_log"], roles: ["radarr"] };
    const olds = { places: list({ arr }), reclaim: { arr } };
    const check = (places: object, confirmDelete: string[]) =>
      checkRetirement(olds, { postgres: postgres(confirmDelete), places: JSON.stringify(places) });
    const half = check({}, ["radarr_main"]);
    expect(half.failures[0]).toContain('databases "radarr_main", "radarr_log" with all that they');
    expect(half.failures[0]).toContain("confirmDelete: [radarr_log]");
    const whole = check({}, ["radarr_main", "radarr_log"]);
    expect(whole).toMatchObject({ failures: [], inputs: { reclaim: { arr } } });
    const swapped = { database: "radarr_log", further: ["radarr_main"], roles: ["radarr"] };
    expect(check({ arr: swapped }, [])).toMatchObject({ failures: [], warnings: [], left: [] });
    const one = check({ arr: { database: "radarr_main", roles: ["radarr"] } }, []);
    expect(one).toMatchObject({ failures: [], warnings: [], kept: [] });
    expect(one.left.map(([app, place]) => describeLeft(app, place))).toEqual([
      'app arr: database "radarr_log" left the entry and stays on the server, with all rows and with who may use them; Berth does not look at them any more',
    ]);
    // Another app has one of them now, so only the other one may go.
    const moved = check({ log: { database: "radarr_log", roles: ["log"] } }, ["radarr_main"]);
    expect(moved.failures).toEqual([]);
    expect(moved.warnings[0]).toContain('drops database "radarr_main" with all that it holds');
  });

  it("leaves a provider alone whose program does not list its apps", () => {
    const news = { postgres: postgres() };
    expect(checkRetirement({ reclaim: { wiki } }, news)).toMatchObject({
      inputs: news,
      failures: [],
      warnings: [],
    });
  });
});
