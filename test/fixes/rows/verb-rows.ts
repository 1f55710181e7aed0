import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { completeArgs } from "../../../cli/add/args.ts";
import { completeAnswers } from "../../../cli/init/answers.ts";
import { findThread } from "../../../cli/preview/comment.ts";
import { addEntries, replaceFile } from "../../../cli/stack-file.ts";
import { describeFailure } from "../../../cli/terminal/describe-failure.ts";
import { commandLine } from "../../../components/command-line.ts";
import { none } from "../../cli/add/none.ts";
import { edited, type Row } from "../trial.ts";
import {
  asCommand,
  berth,
  ofExample,
  ofStack,
  ofVault,
  people,
  replace,
  vault,
  without,
} from "./run-verb.ts";

/** Fixes of the verbs that a stack file, the arguments and the environment alone can show. */

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

const rotateRows: readonly Row[] = [
  { fix: "name it: …", when: "no app is named", arrange: ofExample("rotate", asCommand) },
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
  {
    file: "cli/define-verb.ts",
    fix: "leave out one of the two",
    when: "the admin and an app are named",
    arrange: ofExample("rotate netbox --admin", without("--admin")),
  },
  {
    file: "cli/rotate/retire.ts",
    fix: "leave out --retire; or set",
    when: "a role has only one login",
    arrange: ofStack("rotate --app wiki --retire", { wiki: {} }, without("--retire"), {
      postgres: { endpoint: { direct: { host: "127.0.0.1", port: 9 } }, tls: { mode: "disable" } },
    }),
  },
  {
    file: "cli/commands/rotate.ts",
    fix: "leave it out: rotate previews by itself",
    when: "a preview is asked for an app",
    arrange: ofExample("rotate netbox --preview", without("--preview")),
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

export const verbRows: readonly Row[] = [
  ...addRows,
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
    file: "cli/define-verb.ts",
    fix: "leave out --app",
    when: "two apps are named",
    arrange: ofExample("plan netbox --app basketball", without("--app", "basketball")),
  },
  {
    file: "cli/select-apps.ts",
    fix: "name one of them, or add the app: …",
    when: "the app's name is mistyped",
    arrange: ofExample("plan netbx", (args, _, message) =>
      replace("netbx", /did you mean "?(\w+)/.exec(message)?.[1] ?? "")(args, "", ""),
    ),
  },
  {
    file: "cli/select-apps.ts",
    fix: "name it: …",
    when: "a script would be for two apps",
    arrange: ofExample("plan --sql", asCommand),
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
