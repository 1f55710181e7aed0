import { vi } from "vitest";
import { Credential } from "../../../components/onepassword/credential.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { toPasswordScript } from "../../../components/postgres/psql/passwords.ts";
import { toPsqlScript } from "../../../components/postgres/psql/script.ts";
import { openRegistry } from "../../../components/postgres/registry/stack.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { edited, type Row } from "../trial.ts";

/** Fixes of psql scripts and of the registry's resources. */

/** A psql script of one app. */
const ofScript = (
  entry: object,
  postgres: object,
  edit: (given: Script, fix: string) => Script,
): Row["arrange"] =>
  edited(
    { entry, postgres },
    (given) => {
      const spec = makeSpec({ wiki: given.entry }, { ...given.postgres });
      for (const app of spec.apps)
        if (given.isUp !== true) toPsqlScript([planDatabase(app, spec.postgres)], spec.postgres);
    },
    edit,
  );

interface Script {
  readonly entry: object;
  readonly postgres: object;
  /** `pulumi up` makes no script. */
  readonly isUp?: boolean;
}

const pinned = { systemIdentifier: "7412345678901234567" };

const psqlRows: readonly Row[] = [
  {
    fix: "set it to the result of: select system_identifier from pg_control_system()",
    when: "no server is pinned",
    arrange: ofScript({}, {}, (given) => ({ ...given, postgres: pinned })),
  },
  {
    fix: "run pulumi up instead, or remove owner.rotation or credentials from berth:apps.…",
    when: "an owner has two logins",
    arrange: ofScript({ owner: { rotation: "two-logins" } }, pinned, (given) => ({
      ...given,
      entry: {},
    })),
  },
  {
    fix: "run pulumi up instead, which does not need psql",
    when: "psql cannot connect to a name",
    arrange: ofScript({ database: { name: "a=b" } }, pinned, (given) => ({ ...given, isUp: true })),
  },
].map((row) => ({ file: "components/postgres/psql/script.ts", ...row }));

export const scriptRows: readonly Row[] = [
  ...psqlRows,
  {
    file: "components/postgres/psql/passwords.ts",
    fix: "set berth:apps.….provisioner to berth, which does not need psql",
    when: "a role's name has a control character",
    arrange: edited<Script>(
      {
        entry: { provisioner: "job", roles: { ro: { profile: "readonly", name: "a\tb" } } },
        postgres: pinned,
      },
      ({ entry, postgres }) => {
        const gitops = { directory: "../gitops", repoURL: "https://git.example.org/g.git" };
        const spec = makeSpec({ wiki: entry }, { ...postgres }, "prod", { gitops });
        for (const app of spec.apps)
          if (app.provisioner === "job") toPasswordScript(planDatabase(app, spec.postgres));
      },
      ({ entry, postgres }, fix) => ({
        entry: { ...entry, provisioner: /provisioner to (\w+)/.exec(fix)?.[1] },
        postgres,
      }),
    ),
  },
  {
    file: "components/postgres/registry/stack.ts",
    fix: "unset BERTH_OFFLINE for pulumi up",
    when: "it would make schemas without a look",
    arrange: () => {
      vi.stubEnv("BERTH_OFFLINE", "true");
      const endpoint = { direct: { host: "127.0.0.1", port: 9 } };
      const entry = { provisioner: "postgresql", database: { schemas: ["a"] } };
      const spec = makeSpec({ wiki: entry }, { endpoint, tls: { mode: "disable" } });
      const planned = spec.apps.map((app) => ({
        app,
        plan: planDatabase(app, spec.postgres),
        further: [],
        verifiers: Promise.resolve(new Map()),
      }));
      return {
        run: async () => {
          await openRegistry(spec, planned, new Credential("x", "of-this-test")).catch(
            (error: unknown) => {
              // It goes on to the server, which is not there.
              if (!String(error).includes("127.0.0.1:9")) throw error;
            },
          );
        },
        repair: (fix) => {
          vi.stubEnv(/unset (\w+)/.exec(fix)?.[1] ?? "", "");
        },
      };
    },
  },
];
