/** The parts of a URN: `urn:pulumi:stack::project::parentType$type::name`. A name may have `::` in it. */
export function parseUrn(urn: string): Readonly<Record<"stack" | "type" | "name", string>> {
  const [start = "", , types = "", ...name] = urn.split("::");
  return {
    stack: start.split(":").at(-1) ?? "",
    type: types.split("$").at(-1) ?? "",
    name: name.join("::"),
  };
}
