import { BerthError } from "../../components/errors.ts";

/** What one must know of a new stack. `pulumi new` asks the same, as `template/Pulumi.yaml` says. */
export interface Answers {
  readonly vault: string;
  readonly namespace: string;
  readonly service: string;
  readonly repository: string;
}

/** What is known already; an empty text counts as none. */
export type Given = Readonly<Partial<Record<keyof Answers, string | undefined>>>;

interface Question {
  readonly text: string;
  /** undefined = there is no answer that is likely. */
  readonly likely?: string;
}

const questions: Readonly<Record<keyof Answers, Question>> = {
  vault: { text: "1Password vault with the credentials" },
  namespace: { text: "Namespace of Postgres in the cluster", likely: "db-postgres" },
  service: { text: "Service of Postgres in that namespace", likely: "postgres-postgresql" },
  repository: { text: "URL of the Git repository that Argo CD follows" },
};

export const answerKeys = Object.keys(questions) as readonly (keyof Answers)[];

/** Completes the answers: asks where a person can answer, and elsewhere takes the likely ones. */
export async function completeAnswers(given: Given, canAsk: boolean): Promise<Answers> {
  const likely = Object.fromEntries(answerKeys.map((key) => [key, questions[key].likely]));
  const answers: Given = canAsk ? await ask(given) : { ...likely, ...given };
  const missing = answerKeys.filter((key) => (answers[key] ?? "") === "");
  if (missing.length === 0) return answers as Answers;
  throw new BerthError(`init: ${missing.map((key) => `--${key}`).join(" and ")}: missing`, {
    hint: missing.map((key) => `add --${key}: ${questions[key].text}`).join("; "),
  });
}

async function ask(given: Given): Promise<Given> {
  const { isCancel, text } = await import("@clack/prompts");
  const answers: Partial<Record<keyof Answers, string | undefined>> = { ...given };
  for (const key of answerKeys.filter((one) => (given[one] ?? "") === "")) {
    const { text: message, likely = "" } = questions[key];
    const answer = await text({
      message,
      initialValue: likely,
      validate: (value) => ((value ?? "").trim() === "" ? "Write an answer." : undefined),
    });
    if (isCancel(answer)) throw new BerthError("init: ended; nothing was written");
    answers[key] = answer.trim();
  }
  return answers;
}
