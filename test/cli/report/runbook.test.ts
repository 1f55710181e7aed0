import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { toAdminRunbook } from "../../../cli/report/admin-runbook.ts";
import { toRunbook } from "../../../cli/report/runbook.ts";
import { report } from "../../../cli/report/verb.ts";
import { parseStack } from "../../../components/config/parse.ts";
import { projectFolder } from "../../../components/project-folder.ts";
import { makeSpec, writeStack } from "../../fakes/stack.ts";
import { berth } from "../berth.ts";
import { commandsOf } from "./commands-of.ts";

/** A runbook names what is there, and commands that exist. engine/runbook.full.test.ts follows one. */

const entries = {
  "one-login": {
    owner: { restart: ["Deployment/one", "StatefulSet/one-search"] },
    roles: { reports: { profile: "readonly", namespace: "batch" } },
  },
  "with-keys": { owner: { keys: "cnpg" } },
  "two-logins": { owner: { rotation: "two-logins" } },
};
const stack = makeSpec(entries);
const gitops = { ...stack, apps: stack.apps.map((app) => ({ ...app, delivery: "git" as const })) };
const runbooks = gitops.apps.map((app) => [app.name, toRunbook([app], gitops)] as const);
const asJob = gitops.apps.map((app) => ({ ...app, provisioner: "job" as const }));
const admin = toAdminRunbook({ ...gitops, apps: asJob });

/** Commands that were run, without the app's name: once is enough. */
const tried = new Set<string>();

it("writes the keys that are fields of the item where a password is changed by hand", () => {
  const [, withKeys] = runbooks.find(([name]) => name === "with-keys") ?? [];
  expect(withKeys).toContain(
    "then run:\n\n```sh\nnpm run rotate -- with-keys --stack prod --keys\npulumi up --stack prod\n```",
  );
  expect(runbooks.filter(([, text]) => text.includes("--keys"))).toHaveLength(1);
});

it("is found by its slug and tags", () => {
  const front = (slug: string, title: string) =>
    `---\nslug: sop-${slug}-password-rotation\ntitle: Rotate the password${title}\ntags: [sop, active]\n---\n`;
  for (const [name, markdown] of runbooks) expect(markdown).toContain(front(name, `s of ${name}`));
  expect(admin).toContain(front("prod-admin", " of the admin role of stack prod"));
});

it("of the admin says whose password it is, and who else needs it", () => {
  expect(commandsOf(admin)).toEqual(
    expect.arrayContaining([
      "npm run rotate -- --stack prod --admin --preview",
      "npm run rotate -- --stack prod --admin",
    ]),
  );
  expect(admin).toContain("the 1Password item Coachlight/postgres-admin. Every stack that names");
  expect(admin).toContain("6. The Jobs of one-login, two-logins, with-keys log in with a Secret");
});

describe.each([...runbooks, ["admin", admin] as const])("the runbook of %s", (name, markdown) => {
  it("has commands that exist, with options that they take", { timeout: 120_000 }, async () => {
    const commands = [...new Set(commandsOf(markdown))];
    expect(commands.length).toBeGreaterThan(4);
    const { scripts } = JSON.parse(
      readFileSync(path.join(projectFolder, "package.json"), "utf8"),
    ) as { scripts: Record<string, string> };
    for (const command of commands) {
      const [program, ...words] = command.split(" ");
      if (program !== "npm") {
        expect(command).toMatch(
          /^(pulumi up|pulumi (up|cancel) --stack prod|kubectl -n [a-z-]+ (rollout restart deployment|rollout status (deployment|statefulset)\/[a-z-]+|describe (onepassworditem|externalsecret) [a-z-]+))$/,
        );
        continue;
      }
      const [first, verb = "", dashes, ...options] = words;
      expect([first, dashes]).toEqual(["run", "--"]);
      expect(Object.keys(scripts)).toContain(verb);
      const shape = command.replaceAll(name, "");
      if (tried.has(shape)) continue;
      tried.add(shape);
      // A verb looks at all options before the stack file, which a stack `nowhere` has not.
      const given = options.map((option) => (option === "prod" ? "nowhere" : option));
      const { stdout, stderr } = await berth([verb, ...given]);
      expect(stdout + stderr, command).toContain("Pulumi.nowhere.yaml");
    }
  });
});

it("names role, item, Secret and namespaces of each login", () => {
  const [one = "", two = ""] = runbooks.map(([, markdown]) => markdown);
  expect(one).toContain(
    "| one_login | one_login | Coachlight/one-login-db-credentials | one-login-db-credentials | infra-one-login, db-postgres |",
  );
  expect(one).toContain(
    "| one_login_reports | one_login_reports | Coachlight/one-login-reports-db-credentials | one-login-reports-db-credentials | batch, db-postgres |",
  );
  expect(one).toContain("npm run rotate -- one-login --stack prod --role reports");
  expect(one).toContain("kubectl -n batch rollout restart deployment");
  expect(one).not.toContain("--retire");
  expect(two).toContain(
    "| two_logins_role | two_logins_a or two_logins_b | Coachlight/two-logins-db-credentials |",
  );
  expect(two).toContain("npm run rotate -- two-logins --stack prod --retire");
  expect(two).toContain("and its `username` to the other of two_logins_a and two_logins_b");
});

it("is for one role, under that role's name", () => {
  const [app] = gitops.apps;
  if (app === undefined) throw new Error("the stack has no app");
  const markdown = toRunbook([app], gitops, "reports");
  expect(markdown).toContain("slug: sop-one-login-reports-password-rotation\n");
  expect(markdown).toContain("# Rotate the password of one_login_reports\n");
  expect(markdown).toContain("one-login --stack prod --runbook --role reports");
  expect(markdown).toContain("npm run rotate -- one-login --stack prod --role reports");
  expect(markdown).not.toContain("| one_login |");
  expect(markdown).not.toContain("kubectl -n infra-one-login");
  const all = commandsOf(runbooks.find(([name]) => name === "one-login")?.[1] ?? "");
  const own = commandsOf(markdown).filter((command) => !command.startsWith("npm run report"));
  expect(all).toEqual(expect.arrayContaining(own));
  expect(() => toRunbook([app], gitops, "nobody")).toThrow(
    'report: app one-login has no role "nobody" with an item in 1Password; it has owner, reports\n  fix: name one of them with --role',
  );
});

it("keeps its form, whatever a role and an item are called", () => {
  const entry = { owner: { name: "a|b: <c> `d`", item: "e|f # [g](h)", secret: "odd-db" } };
  const spec = makeSpec({ odd: entry });
  const given = { ...spec, apps: spec.apps.map((app) => ({ ...app, delivery: "git" as const })) };
  const markdown = toRunbook(given.apps, given, "owner");
  const [, front = ""] = markdown.split("---\n");
  expect(parse(front)).toEqual({
    slug: "sop-a-b-c-d--password-rotation",
    title: "Rotate the password of a|b: <c> `d`",
    tags: ["sop", "active"],
  });
  const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
  const cells = rows.map((row) => row.split(/(?<!\\)\|/).length);
  expect(cells).toEqual([7, 7, 7]);
  expect(markdown.replace(front, "")).not.toMatch(/(?<!\\)(<c>|`d`|\[g\])/);
});

it("leaves out logins that Vault makes and changes", () => {
  const secrets = { vault: { connection: "tools/default" } };
  const roles = { reports: { profile: "readonly" } };
  const entry = { credentials: "vault", vault: { restart: [] }, roles };
  const spec = parseStack("prod", { ...writeStack({ wiki: entry }), secrets });
  expect(toRunbook(spec.apps, spec)).not.toContain("wiki_role");
  expect(() => toRunbook(spec.apps, spec, "owner")).toThrow("it has reports");
});

it("is refused for more than one app", () => {
  expect(() => toRunbook(stack.apps, stack)).toThrow(
    "report: a runbook is for one app, not for 3\n  fix: name it: npm run report -- one-login --stack prod --runbook",
  );
});

it("has no control character of a name", async () => {
  const roles = { reports: { profile: "readonly", name: "a\u001b[2J\u202eb" } };
  const folder = mkdtempSync(path.join(tmpdir(), "berth-runbook-"));
  const file = path.join(folder, "Pulumi.prod.yaml");
  const config = Object.entries(writeStack({ wiki: { roles } })).map(
    ([key, value]) => [`berth:${key}`, value] as const,
  );
  writeFileSync(file, JSON.stringify({ config: Object.fromEntries(config) }));
  const out = path.join(folder, "runbook.md");
  const args = {
    stack: "prod",
    file,
    app: "wiki",
    live: false,
    role: undefined,
    admin: false,
  } as const;
  await report({ ...args, form: "runbook", out });
  const text = readFileSync(out, "utf8");
  rmSync(folder, { recursive: true });
  expect(text).toContain("a\\u001b");
  expect(text).not.toMatch(/[\u001b\u202e]/);
});
