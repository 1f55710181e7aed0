import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { DoctorBed, failures, withStatus } from "./doctor-bed.ts";

/** What the operator wrote or keeps in 1Password, broken one thing at a time: each must be named with its fix. */

const doctor = new DoctorBed();

describe("in what is written down", () => {
  it("names every mistake of the stack file, and skips what needs it", async () => {
    doctor.configure((config) => {
      config["berth:postgres"]["adminitem"] = "x";
      config["berth:apps"]["netbox"] = { roles: { a: { profile: "none" } } };
    });
    const found = failures(await doctor.run());
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/stack: stack file: .*unknown key "adminitem"/);
    expect(found[1]).toMatch(/netbox\.roles\.a\.profile.* fix: edit .*Pulumi\.dev\.yaml/);
  });

  it("names a gitops directory that is not there, and warns of one without git", async () => {
    doctor.configure((config) => {
      config["berth:gitops"] = { directory: "/nowhere", repoURL: "https://git.example.org/a.git" };
    });
    expect(failures(await doctor.run())).toEqual([
      "stack: gitops directory: /nowhere does not exist or is not a directory fix: git clone https://git.example.org/a.git /nowhere, or correct berth:gitops.directory",
    ]);
    doctor.configure((config) => {
      config["berth:gitops"] = { directory: "/", repoURL: "https://git.example.org/a.git" };
    });
    expect(withStatus(await doctor.run(), "warning").join("\n")).toMatch(
      /\/ is in no git checkout.* fix: git -C \/ init, or correct berth:gitops.directory/,
    );
  });

  it("warns where up could not commit, and only of a stack whose manifests it commits", async () => {
    const warn = async (): Promise<string> => withStatus(await doctor.run(), "warning").join("\n");
    writeFileSync(path.join(doctor.bed.gitops, ".git/MERGE_HEAD"), "");
    doctor.later(() => {
      rmSync(path.join(doctor.bed.gitops, ".git/MERGE_HEAD"));
    });
    expect(await warn()).not.toContain("merge");
    doctor.configure((config) => {
      config["berth:gitops"] = { ...(config["berth:gitops"] as object), commit: true };
    });
    expect(await warn()).toMatch(
      /stack: gitops directory: .* is in the middle of a merge: .* fix: finish the merge, or git -C .* merge --abort/,
    );
  });
});

describe("in 1Password", () => {
  it("names what the environment lacks", async () => {
    const found = failures(await doctor.run(doctor.world({ OP_CONNECT_TOKEN: "" })));
    expect(found).toEqual([
      expect.stringMatching(
        /^1Password: environment: .*OP_CONNECT_TOKEN is not set.* fix: export OP_/,
      ),
    ]);
  });

  it("names a Connect that is not there", async () => {
    const found = failures(
      await doctor.run(doctor.world({ OP_CONNECT_HOST: "http://127.0.0.1:9" })),
    );
    expect(found).toEqual([
      expect.stringMatching(
        /^1Password: reachable: .*does not answer.* fix: correct OP_CONNECT_HOST/,
      ),
    ]);
  });

  it("names a wrong token, and does not repeat it", async () => {
    const token = "a-canary-instead-of-a-token";
    const findings = await doctor.run(doctor.world({ OP_CONNECT_TOKEN: token }));
    expect(failures(findings)).toEqual([
      expect.stringMatching(
        /^1Password: token and vault: .*refused the token.* fix: export a valid OP_CONNECT_TOKEN/,
      ),
    ]);
    expect(JSON.stringify(findings)).not.toContain(token);
    expect(withStatus(findings, "skipped").join("\n")).toContain(
      'Postgres: login: because "1Password: token and vault" failed',
    );
  });

  it("names a vault that is not there", async () => {
    doctor.configure((config) => {
      config["berth:onepassword"] = { vault: "Coachlite" };
    });
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(
        /^1Password: token and vault: .*"Coachlite".*no such vault.* fix: correct berth:onepassword\.vault/,
      ),
    ]);
  });

  it("names all missing items and fields in one go, and still looks at the server", async () => {
    doctor.configure((config) => {
      config["berth:apps"]["wiki"] = {
        secrets: { "netbox-redis-credentials-2": ["password"] },
        roles: { reports: { profile: "readonly" } },
      };
      config["berth:apps"]["basketball"] = {
        secrets: { "netbox-django-secret": ["no_such_field"] },
      };
      delete config["berth:apps"]["netbox"];
    });
    const findings = await doctor.run();
    const found = failures(findings).filter((line) => line.startsWith("1Password: items"));
    expect(found).toHaveLength(4);
    expect(found.join("\n")).toMatch(
      /fix: npm run add -- wiki --stack \S+, or op item create .*--title wiki-db-credentials .*username=wiki/,
    );
    expect(found.join("\n")).toMatch(/no field "no_such_field".* fix: op item edit/);
    expect(findings.find(({ name }) => name === "login")?.status).toBe("ok");
  });

  it("names an unusable password without showing it", async () => {
    await doctor.bed.addLogin("canary-login", "wiki", "can\u0000ary-password");
    doctor.configure((config) => {
      config["berth:apps"]["wiki"] = { owner: { item: "canary-login" } };
    });
    const findings = await doctor.run();
    expect(failures(findings)).toEqual([
      expect.stringMatching(
        /^1Password: passwords: app wiki: role wiki: .*control character.* fix: give the item's field/,
      ),
    ]);
    expect(JSON.stringify(findings)).not.toContain("ary-password");
  });
});
