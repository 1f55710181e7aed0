import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  findUnlistedFiles,
  inspectKustomizations,
} from "../../../components/delivery/git/kustomizations.ts";
import type { ManifestPlan } from "../../../components/delivery/git/manifest-plan.ts";

/** A kustomization.yaml that somebody put beside Berth's files. */

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "berth-kustomize-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const files: readonly ManifestPlan[] = [
  "argocd/apps/db/wiki-db-provisioner.yml",
  "argocd/apps/infra/netbox.yml",
  "argocd/apps/infra/wiki.yml",
  "k8s/infra/wiki/00-onepassworditems-infra-wiki.yaml",
].map((name) => ({ logicalName: name, path: name, content: "", objects: [] }));

function find(written: Readonly<Record<string, string>>): string[] {
  for (const [file, text] of Object.entries(written)) {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), text);
  }
  const found = inspectKustomizations(directory, files);
  return findUnlistedFiles(files, found).map(({ what, fix }) => `${what} / ${fix ?? ""}`);
}

const infra = "argocd/apps/infra/kustomization.yaml";

it.each([
  ["there is none", {}],
  ["it lists all", { [infra]: "resources: [wiki.yml, ./netbox.yml]\n" }],
  [
    "the one above lists the folders",
    { "argocd/apps/kustomization.yml": "resources:\n  - db/\n  - infra\n" },
  ],
  [
    "it is in a folder that no Application reads",
    { "k8s/infra/kustomization.yaml": "resources: []\n", "kustomization.yaml": "{}\n" },
  ],
])("nothing is said where %s", (_, written) => {
  expect(find(written)).toEqual([]);
});

it.each([
  ["lists a part", { [infra]: "resources:\n  - netbox.yml\n" }, "wiki.yml"],
  ["lists nothing", { [infra]: "" }, "netbox.yml, wiki.yml"],
  ["is no YAML", { [infra]: "resources: [\n" }, "netbox.yml, wiki.yml"],
  ["lists a name that only begins so", { [infra]: "resources: [netbox.yml, wiki]\n" }, "wiki.yml"],
  ["has no list", { [infra]: "resources: netbox.yml\n" }, "netbox.yml, wiki.yml"],
  ["is a list", { [infra]: "- netbox.yml\n" }, "netbox.yml, wiki.yml"],
])("the files are named where the kustomization %s", (_, written, names) => {
  const [problem, ...more] = find(written);
  expect(more).toEqual([]);
  expect(problem).toContain(`${infra} does not list ${names}: with it only the files`);
  expect(problem).toContain(`add to ${infra} under resources: \``);
});

it("each kustomization answers for what is nearest to it", () => {
  const problems = find({
    "argocd/apps/kustomization.yaml": "resources: [infra]\n",
    [infra]: "resources: [netbox.yml, wiki.yml]\n",
    "k8s/infra/wiki/Kustomization": "resources: [deployment.yaml]\n",
  });
  expect(problems).toEqual([
    expect.stringContaining("argocd/apps/kustomization.yaml does not list db/wiki-db-provisioner"),
    expect.stringContaining(
      "k8s/infra/wiki/Kustomization does not list 00-onepassworditems-infra-wiki.yaml",
    ),
  ]);
});
