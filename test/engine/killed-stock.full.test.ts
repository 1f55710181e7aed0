import { afterAll, beforeAll, it } from "vitest";
import { countFaults } from "../faults/count.ts";
import { killQuietly } from "./cli-processes.ts";
import { KillBed } from "./kill-bed.ts";

/** As in killed.test.ts, with the registry's resources. */

let kill: KillBed;

beforeAll(async () => {
  kill = await KillBed.open(6);
});

afterAll(async () => {
  await kill.close();
});

countFaults("a run with provisioner postgresql that is killed", () => kill.openGround());

it("an up with provisioner postgresql that was killed is finished by the next", async () => {
  const { bed } = kill;
  await kill.forget();
  bed.configure((config) => {
    config["berth:postgres"]["provisioner"] = "postgresql";
  });
  kill.haveApps(35);
  await bed.ensurePlugins();
  const { run, until } = kill.startUp();
  await until(/ creating \(/g, 15);
  killQuietly(run.pid ?? 0, "SIGKILL");
  await run;
  await bed.pulumi(["cancel", "--yes"]);
  await kill.expectFinished(35);
  await kill.expectConverged();
});
