import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { StackPreview } from "../../cli/preview/model.ts";
import { connectAsSuperuser } from "../../dev/postgres/neighbour.ts";
import { keepSafe, useBed } from "./use-bed.ts";

/** The preview as people and machines read it, by Pulumi itself and by the verb. */

const bed = useBed();
keepSafe(bed);

const preview = (...args: readonly string[]) => bed.berth(["preview", ...args]);

async function previewed(...args: readonly string[]): Promise<StackPreview> {
  return JSON.parse((await preview("--json", ...args)).stdout) as StackPreview;
}

const appOf = ({ apps }: StackPreview, name: string) => apps.find(({ app }) => app === name);

describe("a fresh stack", () => {
  it("is shown by app: statements, files, and no risk", async () => {
    const found = await previewed("--fail-on", "drop,reown,access");
    expect(found.apps.map(({ app, change }) => [app, change])).toEqual([
      ["basketball", "new"],
      ["netbox", "new"],
    ]);
    const words = appOf(found, "basketball")?.statements.map((one) => one.words) ?? [];
    expect(words).toContain("role admin_app is created");
    expect(words).toContain("database basketball is created");
    expect(found.shared.statements.map((one) => one.words)).toEqual([
      "ownership role berth_dev is created",
      expect.stringContaining("ownership role berth_dev gets the comment"),
    ]);
    expect(appOf(found, "netbox")?.things.map(({ name }) => name)).toContain(
      "argocd/apps/infra/netbox.yml",
    );
    expect(found.risks).toEqual([]);
    expect(JSON.stringify(found)).not.toMatch(/SCRAM-SHA-256\$/);
  });

  it("is shown by Pulumi with the app's name, and what is the stack's once", async () => {
    const { output } = await bed.pulumi(["preview"]);
    expect(output).toMatch(
      /app basketball: \d+ statements\n +-- role basketball is created\n +CREATE/,
    );
    expect(output.match(/CREATE ROLE "berth_dev"/g)).toHaveLength(1);
  });

  it("can be saved as a plan, which up then keeps to", async () => {
    const plan = path.join(bed.sandbox.home, "plan.json");
    expect((await preview("--save-plan", plan)).exitCode).toBe(0);
    expect(readFileSync(plan, "utf8")).not.toMatch(/SCRAM-SHA-256\$/);
    const up = ["up", "--yes", "--skip-preview", "--plan", plan];
    const { exitCode, output } = await bed.pulumi(up);
    expect(exitCode, output).toBe(0);
    expect(output).toContain("18 created");
  });
});

describe("a stack that is up", () => {
  it("is one line where nothing changes", async () => {
    expect(await preview()).toMatchObject({ exitCode: 0, stdout: "stack dev: no changes" });
  });

  it("is looked into in several databases at a time", async () => {
    const databases = ["basketball", "netbox"];
    const holders = await Promise.all(
      databases.map((name) => connectAsSuperuser(bed.sandbox.superuser, name)),
    );
    try {
      for (const holder of holders) {
        await holder.query("begin; lock table pg_catalog.pg_default_acl in access exclusive mode");
      }
      const running = preview();
      const waiting =
        "select datname::text as name from pg_stat_activity where usename = 'coachlight_admin' and wait_event_type = 'Lock' order by 1";
      await expect
        .poll(() => bed.sql(waiting), { interval: 100 })
        .toEqual(databases.map((name) => ({ name })));
      for (const holder of holders) await holder.query("rollback");
      expect(await running).toMatchObject({ exitCode: 0, stdout: "stack dev: no changes" });
    } finally {
      for (const holder of holders) await holder.end();
    }
  });

  it("names the property for a new password", async () => {
    await bed.setField("netbox-db-credentials", "password", "a-new-password-of-this-test");
    const { output } = await bed.pulumi(["preview"]);
    expect(output).toContain("[diff: ~verifiers]");
    expect(output).toContain("-- role netbox gets the password from 1Password");
    await bed.bringUp();
  });

  it("shows what an app leaves behind, and who gets more access", async () => {
    await bed.addLogin("netbox-reports-db-credentials", "netbox_reports", "reports-of-this-test");
    const restore = bed.configure((config) => {
      const { netbox } = config["berth:apps"];
      const roles = { reports: { profile: "readonly" } };
      config["berth:apps"] = { netbox: { ...(netbox as object), roles } };
    });
    const { output } = await bed.pulumi(["preview"]);
    expect(output).toContain("-- access: role netbox_reports gets CONNECT on database netbox");
    expect(output).toContain(
      'app basketball leaves the stack: database "basketball", its rows and logins basketball, admin_app stay on the server',
    );
    restore();
  });

  it("names all that is refused, and shows what else would change", async () => {
    await bed.addLogin("wiki-db-credentials", "wiki", "the-wiki-of-this-test");
    await bed.addLogin("zoo-db-credentials", "zoo", "the-zoo-of-this-test");
    await bed.sql("create role wiki login");
    const foreign = path.join(bed.gitops, "k8s/infra/zoo/00-onepassworditems-infra-zoo.yaml");
    mkdirSync(path.dirname(foreign), { recursive: true });
    writeFileSync(foreign, "kind: Hand\n");
    const restore = bed.configure((config) => {
      Object.assign(config["berth:apps"], { wiki: {}, zoo: {} });
    });
    const { exitCode, stdout } = await preview("--json");
    expect(exitCode).toBe(1);
    const found = JSON.parse(stdout) as StackPreview;
    expect(found.apps.map(({ app, change }) => [app, change])).toEqual([
      ["wiki", "refused"],
      ["zoo", "refused"],
    ]);
    expect(appOf(found, "zoo")?.statements.length).toBeGreaterThan(3);
    expect(appOf(found, "zoo")?.errors).toEqual([
      expect.stringContaining("exists and was not written by Berth"),
    ]);
    expect(found).toMatchObject({
      unchangedApps: ["basketball", "netbox"],
      notComparedApps: [],
      shared: { errors: [expect.stringContaining("Berth refuses app wiki, app zoo")] },
    });
    rmSync(path.dirname(foreign), { recursive: true });
    restore();
    await bed.sql("drop role wiki");
  });

  it("names the apps that it did not come to", async () => {
    const restore = bed.configure((config) => {
      config["berth:apps"]["absent"] = {};
    });
    const { exitCode, stdout } = await preview("--json");
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      notComparedApps: ["absent", "basketball", "netbox"],
      shared: { errors: [expect.stringContaining("absent-db-credentials")] },
    });
    expect((await preview()).stdout).toContain(
      "not compared, because the run stopped at the errors above: absent, basketball, netbox",
    );
    restore();
  });

  it("blocks the risks that --fail-on names", async () => {
    const restore = bed.configure((config) => {
      const { netbox } = config["berth:apps"];
      const roles = { reports: { profile: "readonly" } };
      config["berth:apps"] = { netbox: { ...(netbox as object), roles } };
    });
    expect((await preview("--fail-on", "drop,reown")).exitCode).toBe(0);
    const { exitCode, stdout } = await preview("--fail-on", "access");
    expect(exitCode).toBe(1);
    expect(stdout).toContain("blocked by --fail-on access: app netbox: role netbox_reports gets");
    expect(stdout).toContain("basketball: leaves");
    const { stdout: markdown } = await preview("--markdown");
    expect(markdown).toContain("**Risk: `access (netbox)`**");
    expect(markdown).toContain("- `- file argocd/apps/");
    expect(await bed.bringUp()).toContain("stay on the server (reclaimPolicy: retain)");
    restore();
  });

  it("is shown by add", async () => {
    const restore = bed.configure(() => undefined);
    const { exitCode, stdout } = await bed.berth(["add", "shop"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^shop: new$/m);
    expect(stdout).toContain("next: pulumi up --stack dev --config-file ");
    expect(stdout).not.toContain("next: pulumi preview");
    restore();
  });
});
