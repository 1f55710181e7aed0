import { describe, expect, it } from "vitest";
import { startCluster } from "../tunnel/cluster.ts";
import { DoctorBed, failures, withStatus } from "./doctor-bed.ts";

/** What else can be broken, one thing at a time: each must be named with its fix. */

const doctor = new DoctorBed();

describe("on the way through the cluster", () => {
  it("names a context that is not there, and skips what builds on it", async () => {
    doctor.throughCluster({ context: "prod" });
    const findings = await doctor.run();
    expect(failures(findings)).toEqual([
      expect.stringMatching(
        /^cluster: kubeconfig: no context "prod".*it has: home, lab fix: set berth:postgres\.endpoint\.kubernetes\.context/,
      ),
    ]);
    expect(withStatus(findings, "skipped").join("\n")).toContain(
      'Postgres: login: because "cluster: kubeconfig" failed',
    );
  });

  it("names an API server that is not there", async () => {
    const other = await startCluster();
    doctor.throughCluster({ kubeconfig: other.kubeconfig });
    await other.api.stop();
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(/^cluster: API server: cannot reach .* fix: kubectl .*cluster-info/),
    ]);
    doctor.later(() => other.backend.stop());
  });

  it("names a credential that the API server does not take", async () => {
    const { token } = doctor.cluster.api;
    doctor.cluster.api.token = "another";
    doctor.later(() => {
      doctor.cluster.api.token = token;
    });
    doctor.throughCluster();
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(/^cluster: rights: .*does not accept the credential.* auth whoami/),
    ]);
  });

  it("names every right that is missing, for the version that asks for it", async () => {
    for (const right of ["get services", "create pods/portforward"])
      doctor.cluster.api.denied.add(right);
    doctor.later(() => {
      doctor.cluster.api.denied.clear();
      doctor.cluster.api.minor = "34";
    });
    doctor.throughCluster();
    expect(failures(await doctor.run())).toHaveLength(1);
    doctor.cluster.api.minor = "35";
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(
        /^cluster: rights: user "alice" \(context "home"\) may not get services in namespace "db-postgres" fix: .*auth can-i get services$/,
      ),
      expect.stringMatching(
        /may not create pods\/portforward .*auth can-i create pods --subresource=portforward$/,
      ),
    ]);
  });

  it("names a namespace and a Service that are not there", async () => {
    doctor.throughCluster({ service: "postgres" });
    doctor.cluster.api.namespaces.delete("db-postgres");
    doctor.later(() => doctor.cluster.api.namespaces.add("db-postgres"));
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(/^cluster: namespace: there is no namespace "db-postgres" fix: /),
      expect.stringMatching(/^cluster: Service or Pod: no services "postgres" .* fix: /),
    ]);
  });

  it("warns of kinds and an operator that are missing, with where they come from", async () => {
    const { extensions } = doctor.cluster.api;
    const before = [...extensions];
    extensions.clear();
    extensions.set("/apis/apps/v1/deployments", { items: [] });
    doctor.later(() => {
      for (const [key, value] of before) extensions.set(key, value);
    });
    doctor.throughCluster();
    const findings = await doctor.run();
    expect(failures(findings)).toEqual([]);
    const warnings = withStatus(findings, "warning").join("\n");
    expect(warnings).toMatch(/no kind OnePasswordItem .* fix: install the 1Password operator/);
    expect(warnings).toMatch(/no kind Application .* fix: install Argo CD/);
    expect(warnings).toMatch(/1Password operator: no Deployment .* fix: install/);
    expect(warnings).not.toMatch(/Vault|External Secrets/);
  });

  it("looks for the kinds and operators of the stack's own manifests", async () => {
    doctor.throughCluster();
    doctor.configure((config) => {
      config["berth:secrets"] = { through: "external-secret", ...vaultAndStore };
      Object.assign(config["berth:apps"]["netbox"] as object, {
        secrets: { "netbox-config": { from: "vault" } },
        workload: undefined,
      });
    });
    const warnings = withStatus(await doctor.run(), "warning").join("\n");
    for (const kind of ["ExternalSecret", "SecretStore", "VaultConnection", "VaultStaticSecret"]) {
      expect(warnings).toMatch(new RegExp(`no kind ${kind} .* fix: install`));
    }
    expect(warnings).toContain("External Secrets: no Deployment");
    expect(warnings).toContain("Vault Secrets Operator: no Deployment");
    expect(warnings).not.toContain("1Password operator");
  });
});

const vaultAndStore = {
  vault: { address: "https://vault.tools:8200" },
  store: {
    kind: "SecretStore",
    connect: { host: "http://connect:8080", tokenSecret: { name: "onepassword-token" } },
  },
};

describe("on the server", () => {
  it("names a server that is dead", async () => {
    doctor.configure((config) => {
      config["berth:postgres"]["endpoint"] = { direct: { host: "127.0.0.1", port: 9 } };
    });
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(
        /^Postgres: reachable: cannot connect .*127\.0\.0\.1:9: connection refused.* fix: .*pg_isready/,
      ),
    ]);
  });

  it("names TLS that the server does not speak, and a CA that is not there", async () => {
    doctor.configure((config) => {
      config["berth:postgres"]["tls"] = { mode: "require" };
    });
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(/^Postgres: login: .*does not speak TLS fix: turn ssl on/),
    ]);
    doctor.configure((config) => {
      config["berth:postgres"]["tls"] = { mode: "verify-full", ca: "/nowhere.pem" };
    });
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(/^Postgres: TLS: the CA file \/nowhere\.pem does not exist fix: /),
    ]);
  });

  it("names the admin's wrong password by its item", async () => {
    const { password } = doctor.bed.login("postgres-admin");
    await doctor.breakBy(
      "alter role coachlight_admin password 'another'",
      `alter role coachlight_admin password '${password}'`,
    );
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(
        /^Postgres: login: .*refused the password.* fix: .*Coachlight\/postgres-admin/,
      ),
    ]);
  });

  it("names another server than the stack is for, and warns of none that is pinned", async () => {
    doctor.configure((config) => {
      config["berth:postgres"]["systemIdentifier"] = "7412345678901234567";
    });
    const findings = await doctor.run();
    expect(failures(findings)).toEqual([
      expect.stringMatching(
        /^Postgres: system_identifier: this is another server .* fix: check the context/,
      ),
    ]);
    doctor.configure((config) => {
      delete config["berth:postgres"]["systemIdentifier"];
    });
    const unpinned = await doctor.run();
    expect(failures(unpinned)).toEqual([]);
    expect(withStatus(unpinned, "warning").join("\n")).toMatch(
      /system_identifier: the stack does not say .* add to the stack file .*systemIdentifier: "\d+"/,
    );
  });

  it("names what the admin may not do", async () => {
    await doctor.breakBy(
      "alter role coachlight_admin nocreatedb nocreaterole",
      "alter role coachlight_admin createdb createrole",
    );
    expect(failures(await doctor.run())).toEqual([
      'Postgres: admin role: role "coachlight_admin" may not create roles fix: as a superuser run: ALTER ROLE "coachlight_admin" CREATEROLE',
      'Postgres: admin role: role "coachlight_admin" may not create databases fix: as a superuser run: ALTER ROLE "coachlight_admin" CREATEDB',
    ]);
  });

  it("names createrole_self_grant, where the stock provider needs it", async () => {
    await doctor.breakBy(
      "alter role coachlight_admin reset createrole_self_grant",
      "alter role coachlight_admin set createrole_self_grant = 'set, inherit'",
    );
    expect(failures(await doctor.run())).toEqual([]);
    doctor.configure((config) => {
      config["berth:postgres"]["provisioner"] = "postgresql";
    });
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(
        /^Postgres: admin role: .* fix: as a superuser run: ALTER ROLE .* SET createrole_self_grant/,
      ),
    ]);
  });

  it("names an ownership role that is more than a name, and roles that others made", async () => {
    await doctor.breakBy(
      "create role taken login; create role wiki login",
      "drop role taken; drop role wiki",
    );
    await doctor.bed.addLogin("wiki-db-credentials", "wiki", "only-for-this-test-1");
    doctor.configure((config) => {
      config["berth:apps"] = { wiki: {} };
      config["berth:postgres"]["ownershipRole"] = "taken";
    });
    expect(failures(await doctor.run())).toEqual([
      expect.stringMatching(/^Postgres: ownership role: role "taken" exists and can log in/),
      expect.stringMatching(
        /^Postgres: apps: app wiki: role "wiki" exists and was not made by this stack.* fix: to adopt it, set berth:apps\.wiki\.adopt to true/,
      ),
    ]);
  });

  it("hints at roles and databases that nobody has reserved", async () => {
    await doctor.breakBy("create role grafana login", "drop role grafana");
    const hint = withStatus(await doctor.run(), "warning").join("\n");
    expect(hint).toMatch(/reserved names: .*grafana.*: on the server, not made by this stack/);
    expect(hint).toMatch(/fix: .*set berth:postgres\.reserved to \[.*"grafana".*"paperless"/);
    expect(hint).not.toMatch(/basketball|netbox|admin_app|coachlight_admin|berth_dev/);
  });
});
