/** The commands of a runbook: in blocks, and in a sentence. */
export function commandsOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/```sh\n([^`]+)\n```/g)].flatMap(([, text = ""]) =>
    text.split("\n"),
  );
  const inline = [...markdown.matchAll(/`((?:npm|pulumi|kubectl|op) [^`]+)`/g)];
  return [...blocks, ...inline.map(([, text = ""]) => text)];
}
