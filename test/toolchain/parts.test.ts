import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  crdModuleFolder,
  crdSources,
  crdVersion,
  vaultOperatorSources,
} from "../../toolchain/crds.ts";
import {
  moduleFolder,
  partNamed,
  partTable,
  partVersion,
  requiredVersion,
} from "../../toolchain/parts.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
const { dependencies } = JSON.parse(read("package.json")) as {
  dependencies: Record<string, string>;
};

describe("the table of parts", () => {
  it.each(partTable)("has a Go module with pinned sums for $name", (part) => {
    const folder = moduleFolder(part);
    expect(read("toolchain", "go", part.name, "go.mod")).toContain(
      `module berth/toolchain/${part.name}\n`,
    );
    expect(existsSync(join(folder, "go.sum"))).toBe(true);
  });

  it.each(partTable)("knows the version of $name", (part) => {
    expect(partVersion(part)).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it.each(partTable.filter((part) => part.kind === "plugin"))(
    "dates the plugin $name as the npm package that package.json pins",
    (part) => {
      expect("npm" in part.version && dependencies[part.version.npm]).toBe(partVersion(part));
    },
  );

  it("has the pulumi program and the npm SDK at one version", () => {
    const pulumi = partNamed("pulumi");
    expect(partVersion(pulumi)).toBe(dependencies["@pulumi/pulumi"]);
    expect(requiredVersion(moduleFolder(pulumi), "github.com/pulumi/pulumi/sdk/v3")).toBe(
      partVersion(pulumi),
    );
  });

  it("builds the Node host against one version of Pulumi", () => {
    const host = partNamed("language-nodejs");
    expect(requiredVersion(moduleFolder(host), "github.com/pulumi/pulumi/sdk/v3")).toBe(
      partVersion(host),
    );
  });

  it("takes what a part embeds from the module that the part requires", () => {
    for (const part of partTable) {
      for (const embedded of part.embeds ?? []) {
        const folder = moduleFolder(part);
        if ("module" in embedded) expect(requiredVersion(folder, embedded.module)).toMatch(/^\d/);
        else expect(existsSync(join(folder, embedded.printedBy, "main.go"))).toBe(true);
      }
    }
  });

  it("names the parts there are when asked for another", () => {
    expect(() => partNamed("mysql")).toThrow(
      /no part "mysql".*pulumi, language-nodejs, postgresql/,
    );
  });

  it("is in the README with the same versions", () => {
    const readme = read("toolchain", "README.md");
    for (const part of partTable) {
      const row = readme.split("\n").find((line) => line.startsWith(`| \`${part.binary}\``));
      expect(row, part.name).toContain(partVersion(part));
    }
    for (const source of crdSources) {
      expect(readme).toContain(`\`${source.module}\` ${crdVersion(source)}`);
    }
  });
});

describe("the definitions of the kinds that Berth emits", () => {
  it.each(crdSources)("are pinned by checksum in $module", (source) => {
    const sums = read("toolchain", "go", "crds", "go.sum");
    expect(sums).toContain(`${source.module} v${crdVersion(source)} h1:`);
  });

  it.each(["operator", "kwok", "vault-operator"] as const)(
    "are those of the same %s that runs in the cluster",
    (name) => {
      const part = partNamed(name);
      const source = crdSources.find(
        ({ module }) => "module" in part.version && module === part.version.module,
      );
      expect(source && crdVersion(source)).toBe(partVersion(part));
    },
  );

  it("of the Vault Secrets Operator come from one version, those that Berth emits or not", () => {
    const [source] = vaultOperatorSources;
    expect(source && crdVersion(source)).toBe(partVersion(partNamed("vault-operator")));
  });

  it("have a Go module of their own", () => {
    expect(readFileSync(join(crdModuleFolder, "go.mod"), "utf8")).toContain(
      "module berth/toolchain/crds\n",
    );
  });
});
