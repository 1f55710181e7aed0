import { expect, it } from "vitest";
import { Refusals } from "../../../provider/rpc/refusals.ts";
import { VaultGrantHandler } from "../../../provider/vault-grant/handler.ts";

/** A grant whose app has another name by now. */

const inputs = { app: "wiki", login: "vault", owner: "wiki_role" };
const toUrn = (app: string) => `urn:pulumi:prod::berth::berth:postgres:VaultGrant::${app}`;
const made = { id: "vault/wiki_role", urn: toUrn("wiki"), inputs, state: inputs };
const asked = "Postgres is asked";

/** Deletes it in a run whose program has this grant. */
async function remove(urn: string, grant = inputs): Promise<void> {
  const report = () => undefined;
  const server = () => {
    throw new Error(asked);
  };
  const handler = new VaultGrantHandler({
    server,
    report,
    refusals: new Refusals(report),
    isOffline: false,
  });
  await handler.check({ urn, oldInputs: undefined, newInputs: grant });
  await handler.delete(made);
}

it("stays where another resource of the program is for the same roles", async () => {
  await expect(remove(toUrn("docs"), { ...inputs, app: "docs" })).resolves.toBeUndefined();
});

it.each([
  ["another owner", toUrn("docs"), { ...inputs, owner: "docs_role" }],
  ["another login", toUrn("docs"), { ...inputs, login: "other" }],
  ["itself, as in a destroy that runs the program", made.urn, inputs],
])("is taken back where the program has one with %s", async (_, urn, grant) => {
  await expect(remove(urn, grant)).rejects.toThrow(asked);
});
