import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseStack } from "../../../components/config/parse.ts";
import { planClusterObjects } from "../../../components/delivery/cluster/objects.ts";
import { planManifests } from "../../../components/delivery/git/files.ts";
import { useFolder } from "../../fakes/folder.ts";
import { findProblems, writeStack } from "../../fakes/stack.ts";
import { issue } from "../../tunnel/certificate.ts";
import { toItemId } from "../stack.ts";

/** The provisioning Job and what comes with it, as values. What it does is shown on a real server. */

const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
const roles = { "read-only": { profile: "readonly" } };

function write(entry: object = {}, postgres: object = {}) {
  const apps = { wiki: { provisioner: "job", roles, ...entry } };
  const pinned = { systemIdentifier: "7412", tls: { mode: "disable" }, ...postgres };
  return { ...writeStack(apps, pinned), gitops, cluster: { context: "home" } };
}

interface Job {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly [
          {
            readonly image: string;
            readonly command: readonly string[];
            readonly env: readonly { name: string; value?: string; valueFrom?: unknown }[];
          },
        ];
      };
    };
  };
}

function plan(raw: object = write()) {
  const spec = parseStack("prod", raw);
  const [app] = spec.apps;
  if (app === undefined || spec.cluster === undefined) throw new Error("the stack is not whole");
  const files = planManifests(spec, app, toItemId);
  const file = files.find(({ logicalName }) => logicalName === "wiki.job");
  const applied = planClusterObjects(spec, spec.cluster, app, toItemId).job;
  return { files, file, written: file?.objects ?? [], applied };
}

const jobOf = (objects: readonly object[]) => objects.at(-1) as Job;
const containerOf = (job: Job) => job.spec.template.spec.containers[0];
const variable = (job: Job, name: string) => containerOf(job).env.find((one) => one.name === name);

test("in Git the Job is beside the Secrets that it reads, in a wave after them and after its files", () => {
  const { file, files, written } = plan();
  expect(file?.path).toBe("k8s/db-provisioning/wiki/10-job.yaml");
  const items = files.find(({ logicalName }) => logicalName === "wiki.db-items");
  const waveOf = (object: { metadata: { annotations?: Readonly<Record<string, string>> } }) =>
    Number(object.metadata.annotations?.["argocd.argoproj.io/sync-wave"]);
  expect(items?.objects.map(waveOf)).toEqual([-10, -10]);
  expect(written.map((object) => [object.kind, object.metadata.name, waveOf(object)])).toEqual([
    ["ServiceAccount", "wiki-db-provisioner", -5],
    ["ConfigMap", "wiki-db-provisioner", -5],
    ["Job", "wiki-db-provision", 0],
  ]);
  expect(new Set(written.map(({ metadata }) => metadata.namespace))).toEqual(
    new Set(["db-postgres"]),
  );
});

test("Argo CD runs it in every sync, and takes the old one away before", () => {
  expect(jobOf(plan().written).metadata.annotations).toEqual({
    "argocd.argoproj.io/sync-wave": "0",
    "argocd.argoproj.io/hook": "Sync",
    "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
  });
  expect(jobOf(plan().applied).metadata.annotations).not.toHaveProperty("argocd.argoproj.io/hook");
});

test("has no TTL, with which Argo CD would create it again and again", () => {
  expect(JSON.stringify(plan().written)).not.toContain("ttlSecondsAfterFinished");
});

test("a changed plan changes the Job's template, which replaces it; the same plan does not", () => {
  const hash = (raw?: object) =>
    jobOf(plan(raw).applied).spec.template.metadata.annotations["berth/files"];
  expect(hash()).toBe(hash());
  expect(hash(write({ database: { connectionLimit: 5 } }))).not.toBe(hash());
});

test("passwords come from the Secrets of the database's namespace, and stand nowhere", () => {
  const job = jobOf(plan().written);
  const from = (name: string, key: string) => ({ secretKeyRef: { name, key } });
  expect(variable(job, "PGUSER")?.valueFrom).toEqual(from("postgres-admin", "username"));
  expect(variable(job, "PGPASSWORD")?.valueFrom).toEqual(from("postgres-admin", "password"));
  expect(variable(job, "BERTH_PASSWORD_OWNER")?.valueFrom).toEqual(
    from("wiki-db-credentials", "password"),
  );
  expect(variable(job, "BERTH_PASSWORD_READ_ONLY")?.valueFrom).toEqual(
    from("wiki-read-only-db-credentials", "password"),
  );
  expect(variable(job, "PGHOST")?.value).toBe("postgres-postgresql.db-postgres.svc.cluster.local");
});

test("it runs as nobody in particular, with no rights in the cluster and none in the container", () => {
  const { written } = plan();
  expect(written[0]).toMatchObject({ automountServiceAccountToken: false });
  expect(written.map(({ kind }) => kind)).not.toContain("Role");
  expect(jobOf(written)).toMatchObject({
    spec: {
      template: {
        spec: {
          serviceAccountName: "wiki-db-provisioner",
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
            },
          ],
        },
      },
    },
  });
});

test("the image is the official one of a version, unless the stack file names another", () => {
  expect(containerOf(jobOf(plan().written)).image).toMatch(
    /^docker\.io\/library\/postgres:\d+\.\d+$/,
  );
  const raw = write({}, { job: { image: "registry.example.org/psql:1" } });
  expect(containerOf(jobOf(plan(raw).written)).image).toBe("registry.example.org/psql:1");
});

const folder = useFolder("job");
test("the server's certificate is verified from the pod as from here", () => {
  const ca = path.join(folder, "ca.pem");
  writeFileSync(ca, issue("Test CA").cert);
  const of = (tls: object) => {
    const job = jobOf(plan(write({}, { tls })).written);
    return [variable(job, "PGSSLMODE")?.value, variable(job, "PGSSLROOTCERT")?.value];
  };
  expect(of({ mode: "disable" })).toEqual(["disable", undefined]);
  expect(of({ mode: "require" })).toEqual(["require", undefined]);
  expect(of({ mode: "verify-full" })).toEqual(["verify-full", "system"]);
  for (const mode of ["require", "verify-ca", "verify-full"]) {
    expect(of({ mode, ca })).toEqual([mode, "/berth/ca.crt"]);
  }
  expect(of({ mode: "disable", ca })).toEqual(["disable", undefined]);
});

test.each([
  [
    "a server that is not pinned",
    {},
    { systemIdentifier: undefined },
    "berth:postgres.systemIdentifier: missing; a Job checks it before it changes a server (select system_identifier from pg_control_system())",
  ],
  [
    "adoption",
    { adopt: true },
    {},
    "berth:apps.wiki.adopt: got true; a Job adopts nothing; adopt the app with provisioner berth first, then remove adopt and set provisioner to job",
  ],
  [
    "dropping",
    { reclaimPolicy: "delete" },
    {},
    'berth:apps.wiki.reclaimPolicy: got "delete"; provisioner "job" allows only retain, because a Job drops nothing; set berth:apps.wiki.provisioner to berth, which keeps what is there',
  ],
])("a stack file is refused for %s", (_, entry, postgres, problem) => {
  expect(findProblems(write(entry, postgres))).toEqual([problem]);
});

test("a stack file without a place for manifests is refused", () => {
  const nowhere = { ...write(), gitops: undefined, cluster: undefined };
  expect(findProblems(nowhere)).toEqual([
    'berth:apps.wiki.provisioner: got "job"; add berth:gitops or berth:cluster to deliver the Job',
  ]);
});

test("a role with a name that psql cannot read is refused", () => {
  expect(() => plan(write({ owner: { name: "a\tb" } }))).toThrow(
    /app wiki: psql cannot set the password of role "a\\tb"[^]*set berth:apps\.wiki\.provisioner to berth/,
  );
});
