import { parseArgs } from "node:util";
import { BerthError } from "../components/errors.ts";
import { ignoreClosedPipe } from "./closed-pipe.ts";
import { describeFailure } from "./describe-failure.ts";

/**
 * The verbs that are not Pulumi's. Exit code 0: all well; 1: the verb found something wrong;
 * 2: it could not run.
 */

/** Minutes that rotate waits for the Secret. */
const defaultWait = "15";

const help = `berth: the verbs besides Pulumi's

  doctor    look for everything that a run needs, and say how to mend what is missing
  plan      print the statements that bring a fresh server to the stack file; asks no server
  report    print who may do what where, and which item goes where; asks no server
  rotate    a new password: in the item, on the server, in the Secret, and proved by a login
  verify    log in as every role and try what must work and what must be refused
  adopt     propose entries for databases and roles that people made by hand

Options
  --stack NAME         stack to look at (required)
  --config-file FILE   stack file (default: Pulumi.<stack>.yaml)
  --json               one JSON document on standard output, for machines
  --app NAME           plan, report: this app only; adopt: this database only; rotate: this app
  --write              adopt: add the entries to the stack file
  --into FILE          adopt: add them to this file, of which the stack file is made
  --sql                plan: an idempotent psql script instead, for a server Berth cannot reach
  --vault              plan: what an administrator of Vault has to run for the apps
  --markdown           report: as Markdown
  --runbook            report: how to rotate the app's passwords, as Markdown
  --role KEY           rotate: the role's key in the entry (default: owner)
  --retire             rotate: where two logins take turns, end the one that is not in use any more
  --wait MINUTES       rotate: how long to wait for the Secret (default: ${defaultWait})
  --help               this text

adopt, doctor, rotate and verify reach 1Password as pulumi up does: OP_CONNECT_HOST and
OP_CONNECT_TOKEN, OP_SERVICE_ACCOUNT_TOKEN, or OP_ACCOUNT. rotate also writes, and runs pulumi up
for the app alone. plan and report need no 1Password and no server.

Exit code 0: all well; 1: the verb found something wrong; 2: it could not run.
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

/** One verb; its module is loaded only when it is asked for, since Pulumi's SDK takes a second. */
interface Verb {
  /** Options besides those that every verb has. */
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
  return new BerthError(`${verb}: got ${given}, which are two forms`, { hint: "leave one out" });
}

function toMinutes(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new BerthError(`--wait: got "${text}"; expected minutes, from 0 to 9999`, {
    hint: `add --wait 20, or leave it out for ${defaultWait}`,
  });
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
}

/** Of one verb: what it does, and the options that it takes. */
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
    process.stdout.write(verb === undefined ? help : helpOf(name, verb));
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
      hint: `leave it out; ${name} takes ${taken.map((one) => `--${one}`).join(", ")}`,
    });
  }
  if (values.stack === undefined || values.stack === "") {
    throw new BerthError(`${name}: no stack was named`, { hint: "add --stack prod, or another" });
  }
  return await verb.run(values.stack, values);
}

ignoreClosedPipe();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const [name = ""] = process.argv.slice(2);
  const verb = findVerb(name) === undefined ? "verify" : name;
  process.stderr.write(`${describeFailure(error, `npm run ${verb} -- --help`)}\n`);
  process.exitCode = 2;
}
