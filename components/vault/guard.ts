import type { StackIdentity } from "../config/spec/postgres.ts";
import { joinFixes, type Problem } from "../errors.ts";
import { isMapping } from "../mapping.ts";
import { hasMark, markIn } from "./mark.ts";
import {
  findMount,
  type Json,
  toPolicyPath,
  toTexts,
  type VaultData,
  type VaultObject,
} from "./objects.ts";

/**
 * Vault overwrites a policy or role of the same name without a word. So Berth looks first whose it is: its own have a
 * mark, or belong to a policy that has one.
 */

/** What is in Vault where a stack wants its objects, by the path of the object. */
export type FoundObjects = ReadonlyMap<string, VaultData>;

export interface GuardFacts {
  readonly stack: StackIdentity;
  /** Names of the apps with `vault.adopt`. */
  readonly adopting: ReadonlySet<string>;
  /** Policy of each app, by the app's name. */
  readonly policies: ReadonlyMap<string, string>;
  readonly found: FoundObjects;
}

/** Each object that is there and that this stack did not make, with its fix. */
export function findForeign(
  objects: readonly VaultObject[],
  facts: GuardFacts,
): readonly Problem[] {
  return objects.flatMap((object) => {
    const data = facts.found.get(object.path);
    if (data === undefined || isOurs(object, data, facts)) return [];
    if (object.app !== undefined && facts.adopting.has(object.app)) return [];
    return toProblem(object, data);
  });
}

/** The policy of an app's roles, where another stack or script makes it and it is not there yet. */
export function findUnready(
  objects: readonly VaultObject[],
  { policies, found }: Pick<GuardFacts, "policies" | "found">,
): readonly Problem[] {
  const apps = [...new Set(objects.map(({ app }) => app))];
  return apps.flatMap((app) => {
    const policy = app === undefined ? undefined : policies.get(app);
    if (app === undefined || policy === undefined || found.has(toPolicyPath(policy))) return [];
    return {
      app,
      what: `Vault has no policy "${policy}", which the central half makes`,
      fix: "make the central half first: pulumi up of the stack with berth:vaultFor, or the commands of plan --vault",
    };
  });
}

function isOurs(object: VaultObject, data: VaultData, facts: GuardFacts): boolean {
  const { stack, found, policies } = facts;
  const isMarked = (text: Json | undefined): boolean =>
    typeof text === "string" && hasMark(text, stack);
  const isMarkedIn = (values: Json | undefined): boolean =>
    isMapping(values) && isMarked(markIn(values));
  const isOurPolicy = (policy = ""): boolean =>
    isMarked(found.get(toPolicyPath(policy))?.["policy"]);
  switch (object.kind) {
    case "mount":
    case "auth":
      return isMarked(data["description"]);
    case "policy":
      return isMarked(data["policy"]);
    case "auth-role":
    case "jwt-role":
      return toTexts(data["token_policies"]).some(
        (policy) => toTexts(object.data["token_policies"]).includes(policy) && isOurPolicy(policy),
      );
    case "connection":
      return isMarkedIn(data["connection_details"]);
    case "group":
      return isMarkedIn(data["metadata"]);
    case "database-role":
      return (
        data["db_name"] === object.data["db_name"] && isOurPolicy(policies.get(object.app ?? ""))
      );
    // They are part of a mount, which was looked at.
    case "auth-config":
    case "jwt-config":
    case "transit-key":
      return true;
  }
}

const kinds: Readonly<Record<VaultObject["kind"], string>> = {
  mount: "the engine",
  auth: "the auth method",
  "auth-config": "the config",
  "jwt-config": "the config",
  "transit-key": "the key",
  policy: "the policy",
  "auth-role": "the role",
  "jwt-role": "the role",
  group: "the group",
  connection: "the connection",
  "database-role": "the role",
};

function toProblem(object: VaultObject, data: VaultData): Problem {
  const { kind, app, path } = object;
  const mount = findMount(object);
  const type =
    mount !== undefined && typeof data["type"] === "string" ? ` of type ${data["type"]}` : "";
  return {
    ...(app !== undefined && { app }),
    at: path,
    what: `Vault has ${kinds[kind]} ${mount ?? path}${type}, which this stack did not make`,
    fix: toFix(app, mount),
  };
}

function toFix(app: string | undefined, mount: string | undefined): string {
  if (mount !== undefined) {
    return joinFixes(
      `to use it as it is, add ${mount} to berth:secrets.vault.manage.existing`,
      "or give the mount another name",
    );
  }
  if (app === undefined)
    return "give it another name under berth:secrets.vault.manage, or remove it from Vault";
  return joinFixes(
    `give it another name under berth:apps.${app}.vault`,
    `or, to overwrite what is there, set berth:apps.${app}.vault.adopt: true`,
  );
}
