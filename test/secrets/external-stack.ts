import { parseStack } from "../../components/config/parse.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { planStackDelivery } from "../../components/delivery/stack-delivery.ts";
import { writeStack } from "../fakes/stack.ts";

/** A stack of one app, radarr, whose Secrets External Secrets makes unless something else is said. */

export const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
export const connect = {
  host: "http://onepassword-connect.connect:8080",
  tokenSecret: { namespace: "connect", name: "onepassword-token" },
};
export const external = { through: "external-secret", store: { connect } };

export function write(entry: object, secrets: object = external) {
  return { ...writeStack({ radarr: entry }), gitops, secrets };
}

export function plan(entry: object, secrets: object = external) {
  const spec = parseStack("prod", write(entry, secrets));
  return { spec, objects: listObjects(spec) };
}

/** Every object of a stack's files. */
export function listObjects(spec: StackSpec) {
  const delivery = planStackDelivery(spec, ({ item }) => ({ vaultId: "v", itemId: item }));
  return [delivery.shared, ...spec.apps.map(delivery.ofApp)].flatMap((files) =>
    files !== undefined && "files" in files ? files.files.flatMap((file) => file.objects) : [],
  );
}

export function findSecret(entry: object, name: string, secrets: object = external) {
  const { objects } = plan(entry, secrets);
  return objects.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === "infra-radarr",
  );
}
