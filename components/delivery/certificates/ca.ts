import { hasSecret } from "../../config/logins.ts";
import type { ServiceCaSpec } from "../../config/spec/certificate.ts";
import type { AppSpec, StackSpec } from "../../config/spec.ts";
import { onceEach } from "../../once-each.ts";
import { readCaText } from "../../postgres/server/tls.ts";
import type { ObjectMetadata } from "../../secrets/object-metadata.ts";
import { toLabels, toWaveAnnotation, WAVES } from "../metadata.ts";

/** The CA of the server, for Pods to mount. A certificate is public, in a Secret, too. */
export interface CaObject {
  readonly apiVersion: "v1";
  readonly kind: ServiceCaSpec["kind"];
  readonly metadata: ObjectMetadata;
  readonly data: Readonly<Record<string, string>>;
}

/**
 * The CA in each namespace with a login of the app. If apps share a namespace, the first of them has it, because two
 * Applications must not own one object.
 */
export function planCa({ postgres, apps }: StackSpec, app: AppSpec): readonly CaObject[] {
  const { ca } = postgres.service;
  if (ca?.file === undefined) return [];
  const text = readCaText(ca.file, "berth:postgres.service.ca.file");
  const first = firstByNamespace(apps);
  return listNamespaces(app)
    .filter((namespace) => first.get(namespace) === app)
    .map((namespace) => ({
      apiVersion: "v1",
      kind: ca.kind,
      metadata: {
        name: ca.name,
        namespace,
        labels: toLabels(app.name),
        annotations: toWaveAnnotation(WAVES.items),
      },
      data: { [ca.key]: ca.kind === "Secret" ? Buffer.from(text).toString("base64") : text },
    }));
}

const firstByNamespace = onceEach(
  (apps: readonly AppSpec[]): ReadonlyMap<string, AppSpec> =>
    new Map(
      apps
        .filter(({ delivery }) => delivery !== "none")
        .toReversed()
        .flatMap((app) => listNamespaces(app).map((namespace) => [namespace, app] as const)),
    ),
);

function listNamespaces({ namespace, roles }: AppSpec): readonly string[] {
  const others = roles.filter(hasSecret).map((role) => role.namespace);
  return [...new Set([namespace, ...others])].toSorted();
}
