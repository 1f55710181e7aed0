import { commandLine } from "../../components/command-line.ts";
import {
  findPreset,
  type PresetName,
  presetNames,
  presets,
} from "../../components/config/presets/presets.ts";
import { AppName } from "../../components/config/schema/primitives.ts";
import type { AppEntry } from "../../components/config/schema/stack.ts";
import { type Problem, toOneError } from "../../components/errors.ts";
import type { AppArgs } from "../define-verb.ts";
import type { Ask } from "./ask.ts";

export interface AddArgs extends AppArgs {
  /** The file that the entry goes to, if the stack file is generated from it. */
  readonly into: string | undefined;
  readonly json: boolean;
  /** The preview is shown afterwards. */
  readonly preview: boolean;
  readonly namespace: string | undefined;
  /** Folder in Git that starts the app. */
  readonly git: string | undefined;
  readonly chart: string | undefined;
  /** A chart that Berth knows. */
  readonly preset: string | undefined;
  readonly repo: string | undefined;
  readonly chartVersion: string | undefined;
  /** Further logins, each as `key=profile`. */
  readonly logins: readonly string[];
}

type Text = "app" | "git" | "preset" | "chart" | "repo" | "chartVersion";

/** A value that `add` cannot do without. */
interface Question {
  readonly key: Text;
  readonly flag: string;
  readonly text: string;
}

const questions = {
  app: {
    key: "app",
    flag: `the app's name, as in ${commandLine("add", "wiki")}`,
    text: "Name of the app",
  },
  repo: { key: "repo", flag: "--repo", text: "Repository of the chart" },
  version: { key: "chartVersion", flag: "--chart-version", text: "Version of the chart" },
} as const satisfies Record<string, Question>;

/** What starts the app; asked only of somebody who gave no name either. */
const workloads: readonly Question[] = [
  { key: "git", flag: "--git", text: "Folder in Git that starts it (empty: none)" },
  {
    key: "preset",
    flag: "--preset",
    text: `App of a chart that Berth knows: ${presetNames.join(", ")} (empty: none)`,
  },
  { key: "chart", flag: "--chart", text: "Helm chart that starts it (empty: none)" },
];

/** The arguments with an answer for all that is missing. Without somebody to ask, one error names it. */
export async function completeArgs(
  given: AddArgs,
  ask: Ask | undefined,
): Promise<AddArgs & { readonly app: string }> {
  let args = given;
  if (ask !== undefined) {
    if (given.app === undefined) args = await askFor(args, questions.app, ask);
    for (const question of given.app === undefined ? workloads : []) {
      if ((args.git ?? args.preset ?? args.chart) !== undefined) break;
      const answer = await ask(question.text);
      if (answer !== "") args = { ...args, [question.key]: answer };
    }
    for (const question of findMissing(args)) args = await askFor(args, question, ask);
  }
  const problems = [
    ...findMissing(args).map(({ flag, text }) => ({ what: `missing: ${flag} (${text})` })),
    ...findContradictions(args),
  ];
  if (problems.length > 0) throw toOneError("add", problems);
  return { ...args, app: args.app ?? "" };
}

async function askFor(args: AddArgs, { key, text }: Question, ask: Ask): Promise<AddArgs> {
  const answer = await ask(text, key === "app" ? findNameProblem : findEmptyProblem);
  return { ...args, [key]: answer };
}

function findNameProblem(name: string): string | undefined {
  return AppName.safeParse(name).error?.issues[0]?.message;
}

function findEmptyProblem(answer: string): string | undefined {
  return answer === "" ? "is needed" : undefined;
}

function findMissing(args: AddArgs): readonly Question[] {
  return [
    ...(args.app === undefined ? [questions.app] : []),
    ...(args.chart !== undefined && args.repo === undefined ? [questions.repo] : []),
    ...(args.chart !== undefined && args.chartVersion === undefined ? [questions.version] : []),
  ];
}

function findContradictions(args: AddArgs): Problem[] {
  const { git, chart, preset, repo, chartVersion } = args;
  const nameProblem = args.app === undefined ? undefined : findNameProblem(args.app);
  const ways = Object.entries({ git, chart, preset }).filter(([, value]) => value !== undefined);
  const isAlone = chart === undefined && preset === undefined;
  const problems: Problem[] = [];
  if (nameProblem !== undefined) {
    const fix = `give another name, as in ${commandLine("add", "wiki")}`;
    problems.push({ what: `${JSON.stringify(args.app)} ${nameProblem}`, fix });
  }
  if (ways.length > 1) {
    const what = `got ${ways.map(([name]) => `--${name}`).join(" and ")}`;
    problems.push({ what, fix: "use only one of them" });
  }
  if (isAlone && (repo ?? chartVersion) !== undefined) {
    const what = "got --repo or --chart-version without --chart or --preset";
    problems.push({ what, fix: "add one of them" });
  }
  if (preset !== undefined && !isPreset(preset)) {
    const fix = `use one of ${presetNames.join(", ")}`;
    problems.push({ what: `--preset: got "${preset}"`, fix });
  }
  for (const login of args.logins.filter((one) => !/^[^=]+=[^=]+$/.test(one))) {
    const fix = "write it as --login reports=readonly";
    problems.push({ what: `--login: got "${login}"`, fix });
  }
  return problems;
}

function isPreset(name: string): name is PresetName {
  return presetNames.some((one) => one === name);
}

/** The entry that the arguments say. The schema checks its values. */
export function toEntry(args: AddArgs): AppEntry {
  const { namespace, logins } = args;
  const roles = logins.map((login) => login.split("=") as [string, "readonly" | "readwrite"]);
  const workload = toWorkload(args);
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(roles.length === 0
      ? {}
      : { roles: Object.fromEntries(roles.map(([key, profile]) => [key, { profile }])) }),
    ...(workload === undefined ? {} : { workload }),
  };
}

/** A preset whose chart is its own is not named: the chart says it. */
function toWorkload({ git, chart, preset, repo, chartVersion }: AddArgs): AppEntry["workload"] {
  if (git !== undefined) return { git: { path: git } };
  const repository = repo === undefined ? {} : { repoURL: repo };
  if (chart !== undefined) return { helm: { ...repository, chart, version: chartVersion ?? "" } };
  if (preset === undefined || !isPreset(preset)) return undefined;
  const known = presets[preset];
  const isOwn = repo === undefined && findPreset(known.chart) === preset;
  const name = isOwn ? { chart: known.chart } : { preset };
  return { helm: { ...repository, ...name, version: chartVersion ?? known.seen } };
}

/** Where an entry has another value than the arguments, as `path: got value; the entry has value`. */
export function findDifferences(wanted: unknown, existing: unknown, path = ""): string[] {
  if (typeof wanted === "object" && wanted !== null) {
    const existingApp = (existing ?? {}) as Readonly<Record<string, unknown>>;
    return Object.entries(wanted).flatMap(([key, value]) =>
      findDifferences(value, existingApp[key], path === "" ? key : `${path}.${key}`),
    );
  }
  if (wanted === existing) return [];
  const shown = existing === undefined ? "nothing" : JSON.stringify(existing);
  return [`${path}: got ${JSON.stringify(wanted)}; the entry has ${shown}`];
}
