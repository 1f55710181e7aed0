import { fileURLToPath } from "node:url";

/** The folder of `Pulumi.yaml`. Relative paths in a stack file start from it. */
export const projectFolder = fileURLToPath(new URL("..", import.meta.url));
