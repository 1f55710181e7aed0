import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { readStackFile } from "../../components/config/load.ts";
import { ensureToolchain } from "../../toolchain/ensure.ts";
import { useFolder } from "../fakes/folder.ts";
import { specialYaml } from "../fakes/special-yaml.ts";

/** The verbs' reader of stack files beside Pulumi's own: one run of `pulumi config` for all rows. */

const folder = useFolder("config");
let pulumi: Readonly<Record<string, unknown>>;
let verbs: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  const rows = specialYaml.map(
    ([text], row) => `  berth:row${String(row)}:\n    ${text.replaceAll("\n", "\n    ")}\n`,
  );
  mkdirSync(path.join(folder, "stacks"));
  writeFileSync(
    path.join(folder, "Pulumi.yaml"),
    "name: berth\nruntime: nodejs\nstackConfigDir: stacks\nconfig:\n" +
      "  berth:project: { value: { of: project } }\n  berth:both: { value: { of: project } }\n" +
      "  short: { value: { of: 0123 } }\n",
  );
  writeFileSync(
    path.join(folder, "stacks/Pulumi.prod.yaml"),
    `config:\n  berth:both: { of: stack }\n  own: { key: 0123 }\n  berth:config:former: { of: stack }\n  aws:region: { of: others }\n${rows.join("")}`,
  );
  const toolchain = await ensureToolchain(() => undefined);
  const env = {
    ...toolchain.env,
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "config",
  };
  const run = (args: readonly string[]) => execa(toolchain.pulumi, args, { cwd: folder, env });
  await run(["stack", "init", "prod"]);
  const { stdout } = await run(["config", "--json", "--stack", "prod"]);
  const answer = JSON.parse(stdout) as Record<string, { value: string; objectValue?: unknown }>;
  pulumi = Object.fromEntries(
    Object.entries(answer).map(([key, { value, objectValue }]) => [key, objectValue ?? value]),
  );
  verbs = readStackFile("prod", folder).values;
});

describe("the verbs read what Pulumi reads", () => {
  it.each(specialYaml.map(([text], row) => [text, `row${String(row)}`] as const))(
    "%s",
    (_, key) => {
      expect(verbs[key]).toEqual(pulumi[`berth:${key}`]);
    },
  );

  it.each([["project"], ["both"], ["short"], ["own"], ["former"]])("the key %s", (key) => {
    expect(verbs[key]).toBeDefined();
    expect(verbs[key]).toEqual(pulumi[`berth:${key}`]);
  });

  it("and nothing more", () => {
    const own = Object.keys(pulumi).filter((key) => key.startsWith("berth:"));
    expect(Object.keys(verbs).toSorted()).toEqual(own.map((key) => key.slice(6)).toSorted());
  });
});
