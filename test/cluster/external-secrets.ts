import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll } from "vitest";
import { parse } from "yaml";
import { projectFolder } from "../../components/project-folder.ts";
import type { Manifest } from "../../dev/cluster/objects.ts";
import { buildFlags, downloadModule, goEnvironment } from "../../toolchain/go-build.ts";
import { hasGo } from "../fakes/go-program.ts";

const module = "github.com/external-secrets/external-secrets";
/** Its go.mod pins the version. */
const pinned = path.join(projectFolder, "test/secrets/templates");

/**
 * What its two lists of imports become: the other providers and all generators are the clients of some thirty services,
 * which take many times as long to build.
 */
const lists = {
  "pkg/provider/register/register.go": `package register\n\nimport _ "${module}/pkg/provider/onepassword"\n`,
  "pkg/generator/register/register.go": "package register\n",
};

/** External Secrets as a program. */
export type ExternalSecretsProgram = ReturnType<typeof useExternalSecrets>;

/** Builds External Secrets, whole but for the lists above, for the tests of a file. */
export function useExternalSecrets() {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-external-secrets-"));
  const at = (...names: readonly string[]): string => path.join(folder, ...names);
  beforeAll(async () => {
    if (!hasGo) return;
    const source = await downloadModule(pinned, module);
    for (const name of ["apis", "cmd", "config", "pkg"]) {
      symlinkSync(path.join(source, name), at(name));
    }
    for (const name of ["go.mod", "go.sum", "main.go"]) {
      copyFileSync(path.join(source, name), at(name));
    }
    const replaced = Object.entries(lists).map(([name, text], index) => {
      const file = at(`list-${String(index)}.txt`);
      writeFileSync(file, text);
      return [at(name), file];
    });
    writeFileSync(
      at("overlay.json"),
      JSON.stringify({ Replace: Object.fromEntries(replaced) as object }),
    );
    const flags = [...buildFlags, `-overlay=${at("overlay.json")}`];
    await execa("go", ["build", ...flags, "-o", at("program"), "."], {
      cwd: folder,
      env: goEnvironment,
    });
  }, 1_800_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return {
    /** It makes Secrets of ExternalSecrets, and serves nothing. */
    command: [
      at("program"),
      "--metrics-addr=0",
      "--live-addr=0",
      "--concurrent=4",
      "--enable-push-secret-reconciler=false",
      "--enable-cluster-push-secret-reconciler=false",
      "--enable-cluster-external-secret-reconciler=false",
    ],
    /** A kind of its own. The operator does not start if the cluster lacks it. */
    definition: (): Manifest => {
      const file = "config/crds/bases/generators.external-secrets.io_generatorstates.yaml";
      return parse(readFileSync(at(file), "utf8")) as Manifest;
    },
  };
}
