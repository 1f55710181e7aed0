import { expect, test } from "vitest";
import { planItemRequests } from "../../../components/onepassword/stack-items.ts";
import { findProblems, makeSpec, writeStack } from "../../fakes/stack.ts";

/** Roles that log in without a password. */

const find = (entry: object) =>
  findProblems(writeStack({ wiki: entry })).map((one) => one.replaceAll("berth:apps.wiki", "…"));
const external = { login: "external" };
const ro = { profile: "readonly", ...external };

test("they need no item, and their names may derive no Secret", () => {
  const spec = makeSpec({ wiki: { owner: external, roles: { ro } } });
  expect(planItemRequests(spec).map(({ wantedBy }) => wantedBy)).toEqual(["admin"]);
});

test.each(["item", "secret", "namespace"])("%s has no effect, and is refused", (key) => {
  const why =
    '"x" has no effect with `login: external`, because the role has no password; remove it';
  expect(
    find({ owner: { ...external, [key]: "x" }, roles: { ro: { ...ro, [key]: "x" } } }),
  ).toEqual([`….owner.${key}: ${why}`, `….roles.ro.${key}: ${why}`]);
});

test("the registry's provisioner refuses them, and so do logins that others make", () => {
  expect(find({ provisioner: "postgresql", roles: { ro } })).toEqual([
    '….roles.ro.login: got "external"; provisioner postgresql sets a password on every role; set ….provisioner to berth',
  ]);
  expect(find({ owner: { ...external, rotation: "two-logins" } })).toEqual([
    "….owner.login: has no effect with rotation two-logins; remove one of the two",
  ]);
});

test("a chart cannot name the Secret that is not there", () => {
  const workload = {
    helm: { repoURL: "x", chart: "x", version: "1", values: { existingSecret: "${secret}" } },
  };
  expect(find({ workload, roles: { ro } })).toEqual([]);
  expect(find({ workload, owner: external })).toEqual([
    "….workload.helm.values: ${secret} has no meaning with owner.login: external, because there is no Secret; remove it",
  ]);
});
