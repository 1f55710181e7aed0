import { afterAll, beforeAll, expect, it } from "vitest";
import { buildingTime, Issuer, VaultBed } from "./vault-bed.ts";

/** Who may do what to a real Vault: an administrator makes its central half, and the pipeline of an app that app's. */

const issuer = new Issuer();
const claims = { aud: "pipelines", email: "ada@example.org", sub: "recipes" };
let bed: VaultBed;

function setHalf(half: "none" | "apps"): void {
  bed.configure((vault) => {
    Object.assign(vault.manage, { half });
  });
}

beforeAll(async () => {
  bed = await VaultBed.open();
  bed.configure((vault) => {
    const ci = { mount: "gitea_jwt", publicKeys: [issuer.publicKey], audience: claims.aud };
    Object.assign(vault.manage, { ci: { ...ci, claims: { sub: "{app}" } } });
  });
  bed.setApps({
    recipes: {
      credentials: "vault",
      vault: { restart: [] },
      secrets: { "recipes-config": { from: "vault" } },
    },
  });
}, buildingTime);

afterAll(async () => {
  await bed.close();
});

it("the administrator runs a script, and the pipeline pulumi up with its own token alone", async () => {
  setHalf("none");
  await bed.up();
  setHalf("apps");
  await bed.runScript(bed.vault);
  const path = "postgres/roles/recipes";
  expect((await bed.ask({ path })).status).toBe(404);
  const { auth } = await bed.read({
    method: "POST",
    path: "auth/gitea_jwt/login",
    body: { role: "ci-recipes", jwt: issuer.sign(claims) },
  });
  const { client_token: token } = auth as { client_token: string };
  const env = { ...bed.env, VAULT_TOKEN: token };
  await bed.up(env);
  expect((await bed.ask({ path })).status).toBe(200);
  const lease = await bed.lease("recipes");
  expect(await bed.sqlAs(lease, "recipes", "select current_user as me")).toEqual([
    { me: "recipes_role" },
  ]);
  await bed.revoke(lease);
  await bed.bed.expectNoChanges(env);
});
