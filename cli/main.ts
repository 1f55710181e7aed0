import { parseArgs } from "node:util";
import { BerthError } from "../components/errors.ts";
import { ignoreClosedPipe } from "./closed-pipe.ts";
import { describeFailure } from "./describe-failure.ts";
import { printError, printFile } from "./print.ts";

/** Berth's verbs. Exit code 0: no problem. 1: the verb found a problem. 2: it could not run. */

/** Minutes that `rotate` waits for the Secret. */
const defaultWait = "15";

const help = `Berth's verbs. They add to pulumi preview and pulumi up:

  doctor    check everything that a run needs, and print how to fix what is missing
  plan      print the SQL for a fresh server, from the stack file alone
  report    print each role's privileges and where each item goes, from the stack file alone
  rotate    set a new password in the item, on the server and in the Secret, and test it by a login
  verify    log in as every role, and try what must work and what must be refused
  adopt     propose entries for databases and roles that people made by hand

Options
  --stack NAME         the stack (required)
  --config-file FILE   stack file (default: Pulumi.<stack>.yaml)
  --json               print one JSON document
  --app NAME           plan, report, rotate: only this app; adopt: only this database
  --write              adopt: add the entries to the stack file
  --into FILE          adopt: add them to this file, if the stack file is generated from it
  --sql                plan: print an idempotent psql script, for a server that Berth cannot reach
  --vault              plan: print the commands for an administrator of Vault
  --markdown           report: print Markdown
  --runbook            report: print how to rotate the app's passwords, as Markdown
  --role KEY           rotate: key of the role in the entry (default: owner)
  --retire             rotate: with two logins, disable the one that is no longer in use
  --wait MINUTES       rotate: how long to wait for the Secret (default: ${defaultWait})
  --help               print this text

adopt, doctor, rotate and verify need 1Password, as pulumi up does: OP_CONNECT_HOST and
OP_CONNECT_TOKEN, OP_SERVICE_ACCOUNT_TOKEN, or OP_ACCOUNT. rotate also writes to 1Password, and runs
pulumi up for its app only.

Exit code 0: no problem; 1: the verb found a problem; 2: it could not run.
`;

const options = {
  stack: { type: "string" },
  "config-file": { type: "string" },
  json: { type: "boolean", default: false },
  app: { type: "string" },
  sql: { type: "boolean", default: false },
  vault: { type: "boolean", default: false },
  markdown: { type: "boolean", default: false },
  runbook: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  into: { type: "string" },
  role: { type: "string" },
  wait: { type: "string" },
  retire: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parse>["values"];

/** One verb. Its module is loaded when it runs, so no verb loads another's libraries. */
interface Verb {
  /** Its own options, without those that every verb has. */
  readonly takes: readonly (keyof Values)[];
  readonly run: (stack: string, values: Values) => Promise<number>;
}

const common: readonly string[] = ["stack", "config-file", "json", "help"];

const verbs: Readonly<Record<string, Verb>> = {
  doctor: {
    takes: [],
    run: async (stack, { json, "config-file": file }) => {
      const { doctor } = await import("./doctor/verb.ts");
      return await doctor({ stack, file, json });
    },
  },
  plan: {
    takes: ["app", "sql", "vault"],
    run: async (stack, { app, "config-file": file, ...values }) => {
      const [form = "text", ...more] = (["json", "sql", "vault"] as const).filter(
        (name) => values[name],
      );
      for (const other of more) throw twoForms("plan", `--${form} and --${other}`);
      const { plan } = await import("./plan/verb.ts");
      return plan({ stack, file, app, form });
    },
  },
  report: {
    takes: ["app", "markdown", "runbook"],
    run: async (stack, { json, markdown, runbook, app, "config-file": file }) => {
      const forms = [json && "json", markdown && "markdown", runbook && "runbook"] as const;
      const [form = "text", ...more] = forms.filter((one) => one !== false);
      if (more.length > 0) {
        throw twoForms("report", [form, ...more].map((one) => `--${one}`).join(" and "));
      }
      const { report } = await import("./report/verb.ts");
      return report({ stack, file, app, form });
    },
  },
  adopt: {
    takes: ["app", "write", "into"],
    run: async (stack, { app, write, into, json, "config-file": file }) => {
      const { adopt } = await import("./adopt/verb.ts");
      return await adopt({ stack, file, app, write, into, json });
    },
  },
  rotate: {
    takes: ["app", "role", "wait", "retire"],
    run: async (stack, { json, app, role, wait, retire, "config-file": file }) => {
      const minutes = toMinutes(wait ?? defaultWait);
      const { rotate } = await import("./rotate/verb.ts");
      return await rotate({ stack, file, app, role, wait: minutes, retire, json });
    },
  },
  verify: {
    takes: [],
    run: async (stack, { json, "config-file": file }) => {
      const { verify } = await import("./verify/verb.ts");
      return await verify({ stack, file, json });
    },
  },
};

function twoForms(verb: string, given: string): BerthError {
  return new BerthError(`${verb}: got ${given}; allowed is one of them`, {
    hint: "use only one of them",
  });
}

function toMinutes(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new BerthError(`--wait: got "${text}"; expected minutes, from 0 to 9999`, {
    hint: `use --wait 20, or no --wait for ${defaultWait} minutes`,
  });
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
}

/** The help of one verb: its purpose and its options. */
function helpOf(name: string, { takes }: Verb): string {
  const lines = help.split("\n");
  const about = (word: string): string[] => lines.filter((line) => line.startsWith(`  ${word} `));
  const taken = [...common, ...takes].flatMap((option) => about(`--${option}`));
  return `npm run ${name} -- --stack NAME [options]\n\n${about(name).join("\n")}\n\nOptions\n${taken.join("\n")}\n`;
}

function findVerb(name: string): Verb | undefined {
  return Object.hasOwn(verbs, name) ? verbs[name] : undefined;
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals, tokens } = parse(args);
  const [name = "", ...rest] = positionals;
  const verb = findVerb(name);
  if (values.help) {
    printFile(verb === undefined ? help : helpOf(name, verb));
    return 0;
  }
  if (verb === undefined || rest.length > 0) {
    const given = positionals.length === 0 ? "nothing" : `"${positionals.join(" ")}"`;
    throw new BerthError(`got ${given}; the verbs are ${Object.keys(verbs).join(", ")}`, {
      hint: `npm run ${verb === undefined ? "verify" : name} -- --stack prod`,
    });
  }
  const taken = [...common, ...verb.takes];
  const foreign = tokens.filter((token) => token.kind === "option" && !taken.includes(token.name));
  for (const { name: option } of foreign as readonly { name: string }[]) {
    throw new BerthError(`${name}: --${option} is an option of another verb`, {
      hint: `remove it; allowed for ${name} are ${taken.map((one) => `--${one}`).join(", ")}`,
    });
  }
  if (values.stack === undefined || values.stack === "") {
    throw new BerthError(`${name}: --stack is missing`, {
      hint: "add --stack prod, or the name of another stack",
    });
  }
  return await verb.run(values.stack, values);
}

ignoreClosedPipe();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const [name = ""] = process.argv.slice(2);
  const verb = findVerb(name) === undefined ? "verify" : name;
  printError(describeFailure(error, `npm run ${verb} -- --help`));
  process.exitCode = 2;
}
