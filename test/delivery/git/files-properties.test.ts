import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AppSpec } from "../../../components/config/spec.ts";
import {
  findDuplicateObjects,
  planManifests,
  planSharedManifests,
} from "../../../components/delivery/git/files.ts";
import type { ManifestPlan } from "../../../components/delivery/git/manifest-plan.ts";
import type { OnePasswordItem } from "../../../components/secrets/onepassword-item.ts";
import { makeApp, makeRole, makeStack, toItemId } from "../stack.ts";

const planAll = (apps: readonly AppSpec[]): readonly ManifestPlan[] => {
  const spec = makeStack(apps);
  return [
    ...planSharedManifests(spec, toItemId),
    ...apps.flatMap((app) => planManifests(spec, app, toItemId)),
  ];
};

describe("the tree of any stack", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const namespace = fc.constantFrom("db-postgres", "infra-x", "infra-y");
  const apps = fc
    .uniqueArray(fc.tuple(name, namespace), { selector: ([app]) => app, maxLength: 5 })
    .map((entries) =>
      entries.map(([app, where]) =>
        makeApp(app, { namespace: where, roles: [makeRole(app, { namespace: where })] }),
      ),
    );

  it("has the admin role's item in the database's namespace and nowhere else", () => {
    fc.assert(
      fc.property(apps, (entries) => {
        const places = planAll(entries)
          .flatMap(({ objects }) => objects)
          .filter(({ kind }) => kind === "OnePasswordItem")
          .map((object) => object as OnePasswordItem)
          .filter(({ spec }) => spec.itemPath.endsWith("/postgres-admin-id"))
          .map(({ metadata }) => metadata.namespace);
        expect(places).toEqual(["db-postgres"]);
      }),
    );
  });

  it("defines nothing twice, and gives every object a wave", () => {
    fc.assert(
      fc.property(apps, (entries) => {
        const files = planAll(entries);
        expect(findDuplicateObjects(files)).toEqual([]);
        for (const { content, objects } of files) {
          const waves = content.match(/^ {4}argocd\.argoproj\.io\/sync-wave: "-?\d+"$/gm) ?? [];
          expect(waves).toHaveLength(objects.length);
        }
      }),
    );
  });

  it("fails the check when two apps want one Secret, one file or one Application", () => {
    const twice = makeRole("b", { secretName: "a-db-credentials" });
    const say = (apps: readonly AppSpec[]) =>
      findDuplicateObjects(planAll(apps)).map(({ what }) => what);
    expect(say([makeApp("a"), makeApp("b", { roles: [twice] })])).toEqual([
      "OnePasswordItem.onepassword.com db-postgres/a-db-credentials is in k8s/db-provisioning/a/00-onepassworditems-db-postgres.yaml and in k8s/db-provisioning/b/00-onepassworditems-db-postgres.yaml",
    ]);
    const admin = say([makeApp("postgres-admin")]).join("\n");
    expect(admin).toContain("file k8s/db-provisioning/postgres-admin/");
    expect(admin).toContain("Application.argoproj.io argocd/postgres-admin");
  });
});
