import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies.ts";

/** `pulumi preview --policy-pack <this folder>`: Pulumi starts this file in a process of its own. */

// The library reads the version of the pack from a package.json there. Pulumi starts it in the project's folder.
process.chdir(import.meta.dirname);
new PolicyPack("berth", { policies, enforcementLevel: "mandatory" });
