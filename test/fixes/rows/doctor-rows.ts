import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkBackend, checkPassphrase } from "../../../cli/doctor/backend.ts";
import { Report } from "../../../cli/doctor/report.ts";
import type { World } from "../../../cli/doctor/world.ts";
import { toOneError } from "../../../components/errors.ts";
import { projectFolder } from "../../../components/project-folder.ts";
import { edited, type Row } from "../trial.ts";

/** What `doctor` finds wrong in a check. */
async function mustPass(check: (report: Report) => Promise<unknown>): Promise<void> {
  const report = new Report();
  await check(report);
  const found = report.findings.filter(({ status }) => status !== "ok");
  if (found.length > 0) {
    throw toOneError(
      "doctor",
      found.map(({ detail, fix }) => ({ what: detail, fix })),
    );
  }
}

const world = (env: World["env"]): World => ({
  env,
  project: projectFolder,
  reach: () => Promise.resolve(),
  run: () => Promise.resolve(undefined),
});

export const doctorRows: readonly Row[] = [
  {
    fix: "mkdir -p …, or correct PULUMI_BACKEND_URL",
    when: "the backend's folder is not there",
    arrange: () => {
      const home = mkdtempSync(path.join(tmpdir(), "berth-fixes-"));
      const PULUMI_BACKEND_URL = `file://${home}/it's my state`;
      return {
        run: () =>
          mustPass((report) =>
            checkBackend(report, world({ PULUMI_BACKEND_URL }), { value: "3.259.0" }),
          ),
        repair: (fix: string) => execFileSync("sh", ["-c", fix.replace(/, or correct.*/, "")]),
        end: () => {
          rmSync(home, { recursive: true });
        },
      };
    },
  },
  {
    fix: "export PULUMI_CONFIG_PASSPHRASE_FILE, the path of a file that holds the passphrase",
    when: "there is no passphrase",
    arrange: edited<World["env"]>(
      {},
      (env) =>
        mustPass((report) =>
          checkPassphrase(report, world(env), "/nowhere", {
            value: { url: "file:///state", isEmpty: false },
          }),
        ),
      (_, fix) => ({ [/export (\w+),/.exec(fix)?.[1] ?? ""]: "/dev/null" }),
    ),
  },
].map((row) => ({ file: "cli/doctor/backend.ts", ...row }));
