import { execa } from "execa";
import { BerthError } from "../../components/errors.ts";

/** Fails without Pulumi while the item is as it was: a password that nothing brings on locks the app out. */
export async function requirePulumi(): Promise<void> {
  const { code } = await execa("pulumi", ["version"], { stdin: "ignore", reject: false });
  if (code !== "ENOENT") return;
  throw new BerthError("rotate: pulumi is not on PATH; nothing was changed", {
    hint: "install Pulumi (https://www.pulumi.com/docs/install/), then run the same command again",
  });
}
