/**
 * For `npm install git+…`: npm clones the repository, installs its packages there and runs this, but not `prepack`. npm
 * also runs it after `npm ci` in a clone of one's own, where nothing needs the build. Plain JavaScript for any Node.
 */
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";

const { npm_config_local_prefix: project = "." } = process.env;
if (realpathSync(project) !== realpathSync(".")) {
  const { status } = spawnSync("npm", ["run", "build"], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
