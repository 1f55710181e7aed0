import { hasSecret } from "../../config/logins.ts";
import type { AppSpec, StackSpec } from "../../config/spec.ts";
import { firstByKey } from "../../once-each.ts";
import { readCaText } from "../../postgres/server/tls.ts";
import type { NamespacedObject } from "../../secrets/object-metadata.ts";
import { sortUnique } from "../../sort.ts";
import { toMetadata, WAVES } from "../metadata.ts";

/**
 * The CA of the server, for Pods to mount, in each namespace with a login of the app. If apps share a namespace, the
 * first of them has it. A certificate is public, in a Secret, too.
 */
export function planCa({ postgres, apps }: StackSpec, app: AppSpec): readonly NamespacedObject[] {
  const { ca } = postgres.service;
  if (ca?.file === undefined) return [];
  const text = readCaText(ca.file, "berth:postgres.service.ca.file");
  const first = firstByNamespace(apps);
  return listNamespaces(app)
    .filter((namespace) => first.get(namespace) === app)
    .map((namespace) => ({
      apiVersion: "v1",
      kind: ca.kind,
      metadata: { name: ca.name, namespace, ...toMetadata(app.name, WAVES.items) },
      data: { [ca.key]: ca.kind === "Secret" ? Buffer.from(text).toString("base64") : text },
    }));
}

const firstByNamespace = firstByKey(listNamespaces);

function listNamespaces({ namespace, roles, delivery }: AppSpec): readonly string[] {
  if (delivery === "none") return [];
  const others = roles.filter(hasSecret).map((role) => role.namespace);
  return sortUnique([namespace, ...others]);
}
