import "../components/engine/node-check.cjs";
import { existsSync } from "node:fs";

/**
 * Pulumi starts this, and compiles what it loads with a loader of its own, by the tsconfig.json of the project. A module
 * that is imported later, by its URL, it leaves to Node. In the npm package the pack is built.
 */
const [source, built] = ["pack.ts", "pack.js"].map((name) => new URL(name, import.meta.url));
void import(String(existsSync(source) ? source : built));
