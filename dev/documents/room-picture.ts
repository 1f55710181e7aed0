import { rooms } from "../../.rooms.mjs";

/** Makes pictures of the rooms from the table that lint checks. */

/** Most rooms import these, so no arrow to them is drawn. */
const forEverybody = new Set(["components/errors", "components/project-folder"]);

type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

const allArrows: Arrows = new Map(
  Object.entries(rooms)
    .filter(([room]) => !forEverybody.has(room))
    .map(([room, named]) => [room, new Set(named.flatMap(expand))]),
);

/** The rooms that one name in the table means. */
function expand(name: string): string[] {
  const found = name.endsWith("/")
    ? Object.keys(rooms).filter((room) => room.startsWith(name) || `${room}/` === name)
    : [name];
  return found.filter((room) => !forEverybody.has(room));
}

/** `components/postgres/plan` → `components/postgres`, `cli/doctor` → `cli`. */
function topOf(room: string): string {
  return room
    .split("/")
    .slice(0, room.startsWith("components/") ? 2 : 1)
    .join("/");
}

/** A Mermaid picture of the top rooms, each with its inner rooms. */
export function drawRooms(): string {
  const arrows = new Map<string, Set<string>>();
  for (const [room, imported] of allArrows) {
    const from = topOf(room);
    const to = arrows.get(from) ?? new Set();
    for (const one of imported) if (topOf(one) !== from) to.add(topOf(one));
    arrows.set(from, to);
  }
  return toMermaid(drawArrows(arrows));
}

export function drawInnerRooms(): string {
  const tops = [...new Set([...allArrows.keys()].map(topOf))];
  const parts = tops.flatMap((top) => {
    const inside = [...allArrows].filter(([room]) => topOf(room) === top);
    if (inside.length === 1) return [];
    const arrows = new Map(
      inside.map(([room, imported]) => [
        room,
        new Set([...imported].filter((one) => topOf(one) === top && one !== room)),
      ]),
    );
    return [`  subgraph in_${toId(top)} [${top}]`, ...drawArrows(arrows), "  end"];
  });
  return toMermaid(parts);
}

function toMermaid(lines: readonly string[]): string {
  return ["```mermaid", "flowchart TD", ...lines, "```"].join("\n");
}

/** Leaves out an arrow that follows from others: `a → c` if there are `a → b` and `b → c`. */
function drawArrows(arrows: Arrows): string[] {
  const nodes = [...arrows.keys()].map(
    (room) => `  ${toId(room)}["${room.replace(/^components\//, "")}"]`,
  );
  const lines = [...arrows].flatMap(([from, to]) =>
    [...to]
      .filter((one) => ![...to].some((other) => other !== one && leads(arrows, other, one)))
      .map((one) => `  ${toId(from)} --> ${toId(one)}`),
  );
  return [...nodes, ...lines];
}

function leads(arrows: Arrows, from: string, to: string): boolean {
  const next = [...(arrows.get(from) ?? [])];
  return next.includes(to) || next.some((one) => leads(arrows, one, to));
}

/** Words such as `end` are reserved in Mermaid. */
function toId(room: string): string {
  return `r_${room.replaceAll(/\W/g, "_")}`;
}
