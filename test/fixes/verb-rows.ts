import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { vi } from "vitest";
import { completeArgs } from "../../cli/add/args.ts";
import { checkBackend, checkPassphrase } from "../../cli/doctor/backend.ts";
import { Report } from "../../cli/doctor/report.ts";
import type { World } from "../../cli/doctor/world.ts";
import { completeAnswers } from "../../cli/init/answers.ts";
import { findThread } from "../../cli/preview/comment.ts";
import { defineProgram } from "../../cli/program.ts";
import { findWarnings } from "../../cli/report/page/warnings.ts";
import { addEntries, replaceFile } from "../../cli/stack-file.ts";
import { describeFailure } from "../../cli/terminal/describe-failure.ts";
import { commandLine } from "../../components/command-line.ts";
import { toOneError } from "../../components/errors.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { none } from "../cli/add/none.ts";
import { liveDatabase, makeCatalog } from "../fakes/catalog.ts";
import { makeSpec, writeStack } from "../fakes/stack.ts";
import { edited, type Row, type Trial } from "./trial.ts";

/** Fixes of the verbs that a stack file, the arguments and the environment alone can show. */

/** Runs a verb in this process. What is only said of 1Password or Pulumi comes after what a row refuses. */
async function berth(args: readonly string[]): Promise<void> {
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockReturnValue(true),
  );
  vi.stubEnv("PULUMI_HOME", path.join(tmpdir(), "berth-no-home"));
  vi.stubEnv("PULUMI_STACK", "");
  vi.stubEnv("OP_CONNECT_HOST", "http://127.0.0.1:9");
  vi.stubEnv("OP_CONNECT_TOKEN", "of-this-test");
  vi.stubEnv("PATH", path.join(tmpdir(), "berth-no-path"));
  const before = process.exitCode;
  try {
    await defineProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    if (!/cannot reach 1Password|pulumi is not on PATH/.test(String(error))) throw error;
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}

type Edit = (args: readonly string[], fix: string, message: string) => readonly string[];

/** Arguments that are refused, for the example stack. */
const ofExample = (args: string, edit: Edit) =>
  edited<readonly string[]>([...args.split(" "), "--stack", "prod"], berth, edit);

/** The same for a stack of one's own. */
const ofStack =
  (args: string, apps: object, edit: Edit, more: object = {}) =>
  (): Trial => {
    const folder = mkdtempSync(path.join(tmpdir(), "berth-fixes-"));
    const file = path.join(folder, "Pulumi.prod.yaml");
    const sections = Object.entries({ ...writeStack(apps), ...more });
    const config = Object.fromEntries(sections.map(([key, value]) => [`berth:${key}`, value]));
    writeFileSync(file, JSON.stringify({ encryptionsalt: "v1:test", config }));
    const given = [...args.split(" "), "--stack", "prod", "--config-file", file];
    const end = (): void => {
      rmSync(folder, { recursive: true });
    };
    return { ...edited<readonly string[]>(given, berth, edit)(), end };
  };

/** The options that a fix adds, as it writes them. */
const add: Edit = (args, fix) => [...args, ...(/--[a-z]+( \w+)?/.exec(fix)?.[0] ?? "").split(" ")];
const addWord =
  (...words: readonly string[]): Edit =>
  (args) => [...args, ...words];
const replace =
  (from: string, to: string): Edit =>
  (args) =>
    args.map((one) => (one === from ? to : one));
const without =
  (...words: readonly string[]): Edit =>
  (args) =>
    args.filter((one) => !words.includes(one));

const vault = { secrets: { vault: { connection: "tools/default" } } };
const ofVault = { credentials: "vault", vault: { restart: [] } };
const people = { roles: { people: { profile: "readonly", login: "external" } } };

const addition = (given: object, edit: (given: object, fix: string) => object) =>
  edited(given, (one) => completeArgs({ ...none, app: "wiki", ...one }, undefined), edit);

const pullRequest = {
  GITHUB_REF: "refs/pull/7/merge",
  GITHUB_API_URL: "https://git.example.org/api/v1",
  GITHUB_REPOSITORY: "me/infra",
};

const addRows: readonly Row[] = [
  {
    fix: "give another name, as in …",
    when: "the name is no app's name",
    arrange: addition({ app: "Wiki!" }, (_, fix) => ({ app: / (\w+)$/.exec(fix)?.[1] })),
  },
  {
    fix: "use only one of them",
    when: "two things start the app",
    arrange: addition({ git: "apps/wiki", preset: "gitea" }, () => ({ git: "apps/wiki" })),
  },
  {
    fix: "add one of them",
    when: "a version has no chart",
    arrange: addition({ chartVersion: "1.0" }, (given) => ({ ...given, preset: "gitea" })),
  },
  {
    fix: "use one of …",
    when: "nobody knows the preset",
    arrange: addition({ preset: "gitee" }, (_, fix) => ({
      preset: /use one of ([\w-]+)/.exec(fix)?.[1],
    })),
  },
  {
    fix: "write it as --login reports=readonly",
    when: "a login has no profile",
    arrange: addition({ logins: ["reports"] }, (_, fix) => ({
      logins: [/--login (\S+)/.exec(fix)?.[1]],
    })),
  },
].map((row) => ({ file: "cli/add/args.ts", ...row }));

const reportRows: readonly Row[] = [
  {
    file: "cli/report/verb.ts",
    fix: "add one of them, or leave out --live",
    when: "a form is not read from the server",
    arrange: ofExample("report --live", without("--live")),
  },
  {
    file: "cli/report/verb.ts",
    fix: "add --runbook",
    when: "a role is named without it",
    arrange: ofExample("report --app netbox --role owner", add),
  },
  {
    file: "cli/report/verb.ts",
    fix: "add one of them, or use > FILE",
    when: "a form is not for a file",
    arrange: ofExample("report --out /dev/null", addWord("--html")),
  },
  {
    file: "cli/report/runbook.ts",
    fix: "add --app …",
    when: "a runbook would be for two apps",
    arrange: ofExample("report --runbook", add),
  },
  {
    file: "cli/report/runbook.ts",
    fix: "choose another app with --app",
    when: "an app has no item",
    arrange: ofStack(
      "report --runbook --app wiki",
      { wiki: ofVault, shop: {} },
      replace("wiki", "shop"),
      vault,
    ),
  },
  {
    file: "cli/report/runbook.ts",
    fix: "name one of them with --role",
    when: "the app has no such role",
    arrange: ofExample("report --runbook --app netbox --role x", (args, _, message) =>
      replace("x", /it has (\w+)/.exec(message)?.[1] ?? "")(args, "", ""),
    ),
  },
];

const rotateRows: readonly Row[] = [
  { fix: "add --app …", when: "no app is named", arrange: ofExample("rotate", add) },
  {
    fix: "name one of them with --role",
    when: "the app has no such role",
    arrange: ofExample("rotate --app netbox --role x", replace("x", "owner")),
  },
  {
    fix: "name another role with --role",
    when: "a role's password is not Berth's",
    arrange: ofStack(
      "rotate --app wiki --role people",
      { wiki: people },
      replace("people", "owner"),
    ),
  },
].map((row) => ({ file: "cli/rotate/verb.ts", ...row }));

const fileRows: readonly Row[] = [
  {
    file: "cli/stack-file.ts",
    fix: "write it as a block, one app a line, then run the same command again",
    when: "apps are in braces",
    arrange: edited(
      "config:\n  berth:apps: { netbox: {} }\n",
      (text) => addEntries(text, { wiki: {} }),
      () => "config:\n  berth:apps:\n    netbox: {}\n",
    ),
  },
  {
    file: "cli/stack-file.ts",
    fix: "run the same command again",
    when: "somebody writes the file meanwhile",
    arrange: () => {
      const folder = mkdtempSync(path.join(tmpdir(), "berth-fixes-"));
      const file = path.join(folder, "Pulumi.prod.yaml");
      writeFileSync(file, "one");
      let meanwhile = (): void => {
        writeFileSync(file, "two");
      };
      return {
        run: () => {
          const before = readFileSync(file, "utf8");
          replaceFile(file, { before, after: "three" }, meanwhile);
        },
        repair: () => (meanwhile = () => undefined),
        end: () => {
          rmSync(folder, { recursive: true });
        },
      };
    },
  },
];

/** A page of the report with a warning. */
const reported = (
  postgres: object,
  entry: object,
  edit: (given: Reported, fix: string) => Reported,
) =>
  edited<Reported>(
    { postgres, entry },
    (given) => {
      const pinned = { systemIdentifier: "7412345678901234567" };
      const spec = makeSpec({ wiki: given.entry }, { ...pinned, ...given.postgres });
      const warnings = findWarnings(spec, undefined);
      if (warnings.length > 0)
        throw toOneError(
          "a warning",
          warnings.map(({ what, fix }) => ({ what, fix })),
        );
    },
    edit,
  );

interface Reported {
  readonly postgres: object;
  readonly entry: object;
}

const warningRows: readonly Row[] = [
  {
    fix: "the first pulumi preview shows what to set as berth:postgres.systemIdentifier",
    when: "no server is pinned",
    arrange: reported({ systemIdentifier: undefined }, {}, (given) => ({ ...given, postgres: {} })),
  },
  {
    fix: "set berth:postgres.tls.mode to verify-full, or to require",
    when: "there is no TLS",
    arrange: reported({ tls: { mode: "disable" } }, {}, (given, fix) => ({
      ...given,
      postgres: { tls: { mode: /tls.mode to ([\w-]+)/.exec(fix)?.[1] } },
    })),
  },
  {
    fix: "set berth:apps.….database.revokePublic to true",
    when: "everybody may enter",
    arrange: reported({}, { database: { revokePublic: false } }, (given) => ({
      ...given,
      entry: { database: { revokePublic: true } },
    })),
  },
  {
    fix: "set berth:apps.….reclaimPolicy to retain",
    when: "a database can be dropped",
    arrange: reported({}, { reclaimPolicy: "delete" }, (given, fix) => ({
      ...given,
      entry: { reclaimPolicy: /reclaimPolicy to (\w+)/.exec(fix)?.[1] },
    })),
  },
  {
    fix: "REVOKE CONNECT ON DATABASE … FROM …;",
    when: "a role that is not in the entry may enter",
    arrange: edited(
      ["PUBLIC", 'a "b"'],
      (grantees) => {
        const privileges = grantees.map((grantee) => `${grantee}=CONNECT`);
        const catalog = makeCatalog([], [liveDatabase("paperless", "paperless", { privileges })]);
        const spec = makeSpec({}, { systemIdentifier: catalog.server.systemIdentifier });
        const found = findWarnings(spec, catalog);
        if (found.length > 0)
          throw toOneError(
            "a warning",
            found.map(({ what, fix }) => ({ what, fix })),
          );
      },
      (grantees, fix) => grantees.filter((one) => !fix.endsWith(`FROM ${one};`)),
    ),
  },
].map((row) => ({ file: "cli/report/page/warnings.ts", ...row }));

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

const backendRows: readonly Row[] = [
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
        repair: (fix) => execFileSync("sh", ["-c", fix.replace(/, or correct.*/, "")]),
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

export const verbRows: readonly Row[] = [
  ...backendRows,
  ...warningRows,
  ...addRows,
  ...reportRows,
  ...rotateRows,
  ...fileRows,
  {
    file: "cli/define-verb.ts",
    fix: "add --stack and one of …; or run: pulumi stack select",
    when: "no stack is selected",
    arrange: edited<readonly string[]>(["plan"], berth, (args, fix) => [
      ...args,
      "--stack",
      /(\w+); or/.exec(fix)?.[1] ?? "",
    ]),
  },
  {
    file: "cli/define-verb.ts",
    fix: "write --stack …",
    when: "a stack has its organization and project",
    arrange: edited<readonly string[]>(["plan", "--stack", "alice/berth/prod"], berth, (_, fix) => [
      "plan",
      ...fix.replace("write ", "").split(" "),
    ]),
  },
  {
    file: "cli/select-apps.ts",
    fix: "name one of them with --app",
    when: "the app's name is mistyped",
    arrange: ofExample("plan --app netbx", (args, _, message) =>
      replace("netbx", /did you mean "?(\w+)/.exec(message)?.[1] ?? "")(args, "", ""),
    ),
  },
  {
    file: "cli/plan/verb.ts",
    fix: "add --app …",
    when: "a script would be for two apps",
    arrange: ofExample("plan --sql", add),
  },
  {
    file: "cli/plan/vault-script.ts",
    fix: "name another app, or set credentials: vault",
    when: "the app has nothing of Vault's",
    arrange: ofStack(
      "plan --vault --app shop",
      { wiki: ofVault, shop: {} },
      replace("shop", "wiki"),
      vault,
    ),
  },
  {
    file: "cli/terminal/describe-failure.ts",
    fix: "…",
    when: "an option is mistyped",
    arrange: edited<readonly string[]>(
      ["plan", "--stak", "prod"],
      async (args) => {
        await berth(args).catch((error: unknown) => {
          throw new Error(describeFailure(error, commandLine("plan", "--help")));
        });
      },
      replace("--stak", "--stack"),
    ),
  },
  {
    file: "cli/init/answers.ts",
    fix: "add --…: …",
    when: "an answer is missing",
    arrange: edited<object>(
      { vault: "Home" },
      (given) => completeAnswers(given, false),
      (given, fix) => ({
        ...given,
        [/add --(\w+): /.exec(fix)?.[1] ?? ""]: "https://git.example.org/home.git",
      }),
    ),
  },
  {
    file: "cli/preview/comment.ts",
    fix: "use it in a job for pull requests",
    when: "the job is for none",
    arrange: edited({}, findThread, () => ({ ...pullRequest, GITHUB_TOKEN: "of-this-test" })),
  },
  {
    file: "cli/preview/comment.ts",
    fix: "set it: …",
    when: "the job has no token",
    arrange: edited<Record<string, string>>(pullRequest, findThread, (env, fix) => ({
      ...env,
      [/set it: env: (\w+)/.exec(fix)?.[1] ?? ""]: "of-this-test",
    })),
  },
];
