import { fileURLToPath } from "node:url";

/** Where `Pulumi.yaml` is, and what the paths of a stack file count from. */
export const projectFolder = fileURLToPath(new URL("..", import.meta.url));
