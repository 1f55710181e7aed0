import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { readFileSync } from "node:fs";
import { loadStackFromFile } from "../../components/config/load.ts";
import { planItemRequests } from "../../components/onepassword/stack-items.ts";
import { type Functions, PulumiEngine, valueOf } from "../fakes/pulumi-engine.ts";

/**
 * Runs index.ts as the language host does, with Pulumi.prod.yaml and a fake engine, and prints every
 * registration as JSON. A process of its own: the program has effects at import, as programs do.
 * `--preview` runs it as a preview. Secrets, all of them canaries, are printed as they are.
 */

const project = path.join(import.meta.dirname, "../..");
const stack = "prod";
const vaultId = "vaultvaultvaultvaultvaultv";
const isPreview = process.argv.includes("--preview");

/** Every item the stack needs, with the user name it must have and a canary in every secret field. */
function makeFunctions(): Functions {
  const spec = loadStackFromFile(stack, project);
  const requests = planItemRequests(spec);
  return {
    "berth:postgres:beginRun": () => ({}),
    "berth:postgres:getRefused": () => ({ names: [] }),
    "onepassword:index/getItem:getItem": ({ vault, title }) => {
      const isIn = (name: string): boolean => vault === name || vault === vaultId;
      const wanted = requests.filter(({ ref }) => isIn(ref.vault) && ref.item === title);
      if (typeof title !== "string" || wanted.length === 0) throw new Error(`nobody wants ${String(title)}`);
      const username = wanted.find((request) => request.username !== undefined)?.username;
      const fields = new Set(wanted.flatMap((request) => request.fields));
      return {
        vault: vaultId,
        uuid: title.replaceAll("-", "").padEnd(26, "x").slice(0, 26),
        username: fields.has("username") ? (username ?? "coachlight_admin") : "",
        password: fields.has("password") ? `CANARY-password-of-${title}` : "",
        sections: [
          {
            fields: [...fields]
              .filter((label) => label !== "username" && label !== "password")
              .map((label) => ({ label, value: `CANARY-${label}-of-${title}` })),
          },
        ],
      };
    },
  };
}

const engine = new PulumiEngine(makeFunctions());
await engine.start({ stack, preview: isPreview });
const document = parse(readFileSync(path.join(project, `Pulumi.${stack}.yaml`), "utf8")) as {
  config: Record<string, unknown>;
};
// As `pulumi stack init` puts a salt into the file of every stack.
document.config["berth:stack"] = { id: "id-of-the-golden-stack" };
pulumi.runtime.setAllConfig(
  Object.fromEntries(
    Object.entries(document.config).map(([key, value]) => [key, JSON.stringify(value)]),
  ),
);
const program = path.join(project, "index.ts");
const outputs = await pulumi.runtime.runInPulumiStack(
  async () => ({ ...((await import(program)) as Record<string, unknown>) }),
);
const registrations = await engine.settle();
const apps = await valueOf(pulumi.output(outputs?.["apps"] as unknown));
process.stdout.write(`${JSON.stringify({ registrations, outputs: { apps } })}\n`);
