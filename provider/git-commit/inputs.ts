import { z } from "zod";
import type { PropertyMap } from "../rpc/property-values.ts";

const schema = z.object({ directory: z.string(), owner: z.string(), files: z.array(z.string()) });

/** The properties of a GitCommit. Its outputs are the same. */
export type CommitProperties = Readonly<z.infer<typeof schema>>;

/** Reads a program's inputs. Only Berth's own program makes them, and a preview knows all of them. */
export function parseCommit(inputs: PropertyMap): CommitProperties {
  return schema.parse(inputs);
}
