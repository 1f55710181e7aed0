import { SHARED } from "../components/config/derive/names.ts";
import { isMapping } from "../components/mapping.ts";
import {
  describeObject,
  type KubernetesObject,
  listValues,
  type Registered,
  toObjects,
} from "./objects.ts";

/** A resource as a rule about the whole stack sees it. */
type StackResource = Registered & { readonly urn: string };

/** Manifests that bring the admin's Secret to another namespace, where an app could read every database by it. */
export function findStrayAdminSecrets(
  resources: readonly StackResource[],
): readonly { readonly urn: string; readonly message: string }[] {
  const objects = resources.flatMap((resource) =>
    toObjects(resource).map((object) => ({ urn: resource.urn, object })),
  );
  const { title, namespace } = findServer(resources);
  // Its manifest is the only one among those that all apps share.
  const own = objects.filter(
    ({ object }) => object.metadata?.labels?.["app.kubernetes.io/part-of"] === SHARED,
  );
  const items = new Set(own.flatMap(({ object }) => listItems(object)));
  if (title !== undefined) items.add(title);
  const allowed =
    namespace ?? own.find(({ object }) => listItems(object).length > 0)?.object.metadata?.namespace;
  return objects
    .filter(({ object }) => listItems(object).some((item) => items.has(item)))
    .filter(({ object }) => object.metadata?.namespace !== allowed)
    .map(({ urn, object }) => ({
      urn,
      message: `${describeObject(object)} is from the admin role's item, which may only be in the database's namespace${allowed === undefined ? "" : ` ${allowed}`}; make an item for the app`,
    }));
}

/** What Berth's provider says of the server: the title of the admin's item, and the namespace of a Service. */
function findServer(resources: readonly StackResource[]): {
  readonly title: string | undefined;
  readonly namespace: string | undefined;
} {
  const provider = resources.find(({ type }) => type === "pulumi:providers:berth");
  const { adminItem, endpoint } = toPlain(provider?.props["postgres"]);
  const { kubernetes } = toPlain(endpoint);
  const { namespace } = toPlain(kubernetes);
  return {
    title: typeof adminItem === "string" ? adminItem.slice(adminItem.indexOf("/") + 1) : undefined,
    namespace: typeof namespace === "string" ? namespace : undefined,
  };
}

/** Arguments of a provider may be JSON text. */
function toPlain(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "string") return toPlain(JSON.parse(value));
  return isMapping(value) ? value : {};
}

/** The items that a manifest names: by path for the 1Password operator, by title for External Secrets. */
function listItems(object: KubernetesObject): readonly string[] {
  const { kind, spec } = object;
  if (kind === "OnePasswordItem")
    return listValues(spec).flatMap(({ itemPath }) => toText(itemPath));
  if (kind !== "ExternalSecret") return [];
  return listValues(spec).flatMap(({ remoteRef, extract, find }) => [
    ...listValues([remoteRef, extract]).flatMap(({ key }) => toText(key)),
    ...listValues(find).flatMap(({ path }) => toText(path)),
  ]);
}

function toText(value: unknown): string[] {
  return typeof value === "string" ? [value] : [];
}
