import { inFile, type Mutant } from "./mutant.ts";

/** Where manifests go, and what becomes of what others have there. */

const commit: readonly Mutant[] = [
  ...inFile(
    "components/delivery/git/commit.ts",
    ["test/delivery/git/commit.test.ts"],
    [
      ["what others have staged staying staged", '"--only", "-m"', '"--include", "-m"'],
      ["a look whose a file was that is gone", "wasOwn(old.stdout)", "true"],
      ["a look for a merge", "existsSync(path.join(gitFolder, name))", "false"],
      ["a look for a branch", "branch === undefined && unfinished", "false && unfinished"],
      ["a look who commits", "one?.exitCode !== 0", "false"],
      ["a wait for another git", "if (!isLocked || ", "if (true || "],
      ["an index as it was", '"--ignore-unmatch"', '"--no-such-option"'],
    ],
  ),
  ...inFile(
    "provider/git-commit/handler.ts",
    ["test/provider/git-commit/handler.test.ts"],
    [
      ["previews that only look", "if (!preview) {", "if (true) {"],
      ["a commit for a manifest that changes", "if (this.#files.hasChanged)", "if (false)"],
      ["a look at what git has", "(await listUncommitted(wanted)).length > 0", "false"],
      ["files that left being in the commit", "if (folder === wanted.folder)", "if (false)"],
      ["a look where the files were", "if (folder === wanted.folder)", "if (true)"],
    ],
  ),
  ...inFile(
    "provider/git-commit/manifests.ts",
    ["test/provider/git-commit/handler.test.ts"],
    [
      ["files that left as commits are turned on", "found?.exitCode !== 0", "true"],
      ["a look which of them are manifests", "&& !files.includes(one)", ""],
      ["a look whose they were", "isOwnedBy(readFileSync", "true || isOwnedBy(readFileSync"],
    ],
  ),
];

const files: readonly Mutant[] = [
  ...inFile(
    "provider/manifest-file/handler.ts",
    ["test/provider/manifest-file/change.test.ts"],
    [
      ["one file by two ways being one", "left === found", "false"],
      ["files of a moved project staying", "left === undefined || ", ""],
      ["a look whose file is deleted", "!isOwnedBy(text, [old.owner])", "false"],
    ],
  ),
  ...inFile(
    "provider/manifest-file/handler.ts",
    ["test/provider/manifest-file/renamed.test.ts"],
    [
      ["a file kept that was written another way", "this.#written.has(file)", "false"],
      ["a file kept that another resource has", "isOfOther || ", ""],
      ["a resource that leaves by itself", "other !== urn", "true"],
    ],
  ),
  ...inFile(
    "components/delivery/git/checkout.ts",
    ["test/delivery/git/checkout.test.ts"],
    [
      ["the checkout's path in the repository", "gitops.path ?? prefix", 'gitops.path ?? ""'],
      ["a word on another branch", "branch === targetRevision ||", "true ||"],
    ],
  ),
  ...inFile(
    "components/delivery/git/uncommitted.ts",
    ["test/delivery/git/checkout.test.ts"],
    [["a look whose change it is", "isDeleted || own.has(file)", "true"]],
  ),
  ...inFile(
    "components/delivery/git/kustomizations.ts",
    ["test/delivery/git/kustomizations.test.ts"],
    [["a look at what a kustomization lists", "&& !isListed(at)", ""]],
  ),
  ...inFile(
    "components/delivery/git/flux.ts",
    ["test/delivery/git/flux-health.test.ts"],
    [["a wait for the Secrets that operators make", "healthCheckExprs.length === 0", "true"]],
  ),
  ...inFile(
    "components/delivery/git/flux.ts",
    ["test/delivery/git/flux.test.ts"],
    [
      [
        "an app that waits for its Secrets",
        "[has.own.length > 0 ? secrets : afterDatabase]",
        "[afterDatabase]",
      ],
      ["volumes that stay", '{ deletionPolicy: "Orphan" }', "{}"],
      ["namespaces that stay", '"kustomize.toolkit.fluxcd.io/prune": "disabled",', ""],
    ],
  ),
];

const argocd: readonly Mutant[] = [
  ...inFile(
    "components/delivery/argocd/application.ts",
    ["test/delivery/git/files.test.ts", "test/delivery/argocd/settings.test.ts"],
    [
      ["workloads that stay", 'holds === "items" ? "foreground" : "none"', '"foreground"'],
      ["an empty source that deletes nothing", "allowEmpty: false } }", "allowEmpty: true } }"],
    ],
  ),
  ...inFile(
    "components/delivery/argocd/sources.ts",
    ["test/delivery/argocd/settings.test.ts"],
    [["a release that keeps its name", "isRenamed ? app.name : undefined", "undefined"]],
  ),
  ...inFile(
    "components/delivery/projects.ts",
    ["test/delivery/argocd/projects.test.ts"],
    [
      ["a project of the database's own", "project : `${project}-db`", "project : project"],
      ["kinds for workloads alone", "(hasWorkload ? kinds : [])", "kinds"],
    ],
  ),
  ...inFile(
    "components/delivery/metadata.ts",
    ["test/delivery/argocd/settings.test.ts"],
    [["labels of one kind", 'settings["all"], settings[object.kind]', 'settings["all"]']],
  ),
  ...inFile(
    "components/delivery/argocd/health-checks.ts",
    ["test/delivery/argocd/health-checks.test.ts"],
    [
      ["a look at what argocd-cm has", "settings[toHealthKey(check)] === undefined", "true"],
      ["checks that Argo CD has by itself", "({ isBuiltIn }) => !isBuiltIn", "() => true"],
      ["a look at what a text is for", 'all[key]?.["health.lua"] !== undefined', "true"],
    ],
  ),
  ...inFile(
    "components/config/rules/names.ts",
    ["test/config/rules/manifests/argocd-refused.test.ts"],
    [["a name for each Application", "group.length > 1", "false"]],
  ),
  ...inFile(
    "components/config/rules/manifests/argocd.ts",
    ["test/config/rules/manifests/argocd-refused.test.ts"],
    [
      ["a refusal to delete volumes", 'reclaimPolicy === "delete") return []', "true) return []"],
      ["marks that are Berth's own", "reserved.test(key) || ", ""],
      ["a look where a store is", "isSame(destination, spec.argocd.destination)", "true"],
    ],
  ),
  ...inFile(
    "components/config/rules/manifests/workloads.ts",
    ["test/delivery/git/flux.test.ts", "test/config/rules/manifests/delivery.test.ts"],
    [["somebody who starts the workload", "app.workload !== undefined", "false"]],
  ),
  ...inFile(
    "components/tunnel/target.ts",
    ["test/tunnel/primary.test.ts"],
    [["a Service without a selector", 'if (selector === "") return', "if (false) return"]],
  ),
];

export const deliveryMutants: readonly Mutant[] = [...commit, ...files, ...argocd];
