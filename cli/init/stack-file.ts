import { type Document, isMap, type Pair, parseDocument, type Scalar, type YAMLMap } from "yaml";
import { parsePulumiYaml } from "../../components/config/yaml/pulumi-yaml.ts";
import { BerthError } from "../../components/errors.ts";
import { isMapping } from "../../components/mapping.ts";
import { withEolOf } from "../stack-file.ts";
import { type Answers, answerKeys } from "./answers.ts";

/** Where `pulumi new` puts what it asked (`template/Pulumi.yaml`). */
const prefix = "answers:";

/**
 * A file that somebody else began, to add to it.
 *
 * @throws BerthError if it is not YAML, or no map: what is in it could not be kept.
 */
export function readDocument(file: string, text: string): Document {
  const value = parsePulumiYaml("init", file, text) ?? {};
  const config = isMapping(value) ? (value["config"] ?? {}) : undefined;
  if (!isMapping(config)) {
    throw new BerthError(`init: ${file} is not a map of keys and values; nothing was written`, {
      hint: "correct that, then run the same command again",
    });
  }
  return parseDocument(text, { logLevel: "error" });
}

/** The answers in a stack file that `pulumi new` wrote. */
export function findAnswers(document: Document): Partial<Record<keyof Answers, string>> {
  const { config } = (document.toJS() ?? {}) as {
    readonly config?: Readonly<Record<string, unknown>> | null;
  };
  return Object.fromEntries(
    answerKeys.flatMap((key) => {
      const answer = config?.[prefix + key];
      return typeof answer === "string" && answer !== "" ? [[key, answer]] : [];
    }),
  );
}

/** Whether Berth has something in a stack file already. */
export function isSetUp(text: string): boolean {
  return /^\s*["']?berth:/m.test(text);
}

/** The stack file with the answers. What else is in it, such as Pulumi's salt, stays. */
export function fillStackFile(document: Document, text: string, answers: Answers): string {
  if (!isMap(document.get("config"))) document.set("config", document.createNode({}));
  const config = document.get("config") as YAMLMap;
  config.flow = false;
  config.items = config.items.filter(({ key }) => !String(key).startsWith(prefix));
  for (const [key, value] of Object.entries(toConfig(answers))) {
    const pair = document.createPair(`berth:${key}`, value) as Pair<Scalar>;
    pair.key.spaceBefore = config.items.length > 0;
    pair.key.commentBefore = notes[key] ?? "";
    config.add(pair);
  }
  const schema =
    "# yaml-language-server: $schema=node_modules/berth/dist/components/config/schema.json\n";
  return withEolOf(text, `${schema}${document.toString({ lineWidth: 0 })}`);
}

/** The keys of Berth, without their prefix. */
export function toConfig({ vault, namespace, service, repository }: Answers) {
  return {
    postgres: { endpoint: { kubernetes: { namespace, service } } },
    onepassword: { vault },
    gitops: { directory: toCheckout(repository), repoURL: repository },
    apps: {},
  };
}

const notes: Readonly<Record<string, string>> = {
  postgres: [
    " A server without TLS needs: tls: { mode: disable }",
    " The first preview shows the server's systemIdentifier. Write it here, and Berth changes no other server.",
    " Roles and databases that belong to others go here: reserved: [paperless]",
  ].join("\n"),
  gitops: " The checkout of the repository, relative to this folder.",
  apps: " One entry an app: wiki: {}",
};

/** The checkout is beside the project: `https://git.example.org/team/gitops.git` → `../gitops`. */
function toCheckout(repository: string): string {
  const name = /([^/:]+?)(?:\.git)?\/*$/.exec(repository)?.[1] ?? "gitops";
  return `../${name}`;
}
