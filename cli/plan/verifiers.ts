import { verifierEnvironment } from "../../components/config/derive/names.ts";
import { readOnePasswordAccess } from "../../components/config/environment.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { makeVerifiers, refuseUnusablePasswords } from "../../components/postgres/verifier.ts";

/** Commands of a shell that set the variables of an app's psql script, from the passwords in 1Password. */
export async function toVerifierScript(spec: StackSpec, app: AppSpec): Promise<string> {
  const reader = readThroughClient(readOnePasswordAccess());
  const { credential } = await readStackItems({ ...spec, apps: [app] }, reader);
  refuseUnusablePasswords([app], credential);
  const verifiers = await makeVerifiers(app.roles, credential);
  const lines = [...verifiers].map(
    // A verifier has no quote.
    ([key, verifier]) => `export ${verifierEnvironment(key)}='${verifier}'\n`,
  );
  return lines.join("");
}
