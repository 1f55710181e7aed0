import { isCancel, text } from "@clack/prompts";
import { BerthError } from "../../components/errors.ts";

/** Asks a person, again while `findProblem` answers, and returns the answer without blanks around it. */
export type Ask = (
  question: string,
  findProblem?: (answer: string) => string | undefined,
) => Promise<string>;

/** undefined = no person sits at a terminal. Questions go to standard error, so that output stays clean. */
export function findTerminal(): Ask | undefined {
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY || !output.isTTY) return undefined;
  return async (message, findProblem) => {
    const validate = (answer: string | undefined) => findProblem?.((answer ?? "").trim());
    const answer = await text({ message, validate, input, output });
    // Ctrl-C or Ctrl-D.
    if (isCancel(answer)) throw new BerthError("add: no answer; nothing was changed");
    return answer.trim();
  };
}
