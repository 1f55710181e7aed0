import { type Verdict, verifyStack } from "../cli/verify/verb.ts";
import { readOnePasswordAccess } from "../components/config/environment.ts";
import { loadStackFromFile } from "../components/config/load.ts";
import { readStackItems } from "../components/onepassword/stack-items.ts";
import { readThroughClient } from "../components/onepassword/through-client.ts";
import { projectFolder } from "../components/project-folder.ts";
import type { Sandbox } from "./sandbox.ts";

export async function verifySandbox({ stack, stackFile, env }: Sandbox): Promise<Verdict> {
  const spec = loadStackFromFile(stack, projectFolder, stackFile);
  const items = await readStackItems(spec, readThroughClient(readOnePasswordAccess(env)));
  return await verifyStack(spec, items, () => undefined);
}
