import { findWarnings } from "../../../cli/report/page/warnings.ts";
import { toOneError } from "../../../components/errors.ts";
import { liveDatabase, makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { edited, type Row } from "../trial.ts";
import {
  add,
  addWord,
  asCommand,
  ofExample,
  ofStack,
  ofVault,
  replace,
  vault,
  without,
} from "./run-verb.ts";

/** Fixes of `report`. */

const verbRows: readonly Row[] = [
  {
    file: "cli/report/verb.ts",
    fix: "add one of them, or leave out --live",
    when: "a form is not read from the server",
    arrange: ofExample("report --live", without("--live")),
  },
  {
    file: "cli/define-verb.ts",
    fix: "leave out one of the two",
    when: "the admin and an app are named",
    arrange: ofExample("report netbox --admin --runbook", without("netbox")),
  },
  {
    file: "cli/report/verb.ts",
    fix: "add --runbook",
    when: "a role is named without it",
    arrange: ofExample("report --app netbox --role owner", add),
  },
  {
    file: "cli/report/verb.ts",
    fix: "add one of them, or use > FILE",
    when: "a form is not for a file",
    arrange: ofExample("report --out /dev/null", addWord("--html")),
  },
  {
    file: "cli/select-apps.ts",
    fix: "name it: …",
    when: "a runbook would be for two apps",
    arrange: ofExample("report --runbook", asCommand),
  },
  {
    file: "cli/report/runbook.ts",
    fix: "name another app",
    when: "an app has no item",
    arrange: ofStack(
      "report --runbook --app wiki",
      { wiki: ofVault, shop: {} },
      replace("wiki", "shop"),
      vault,
    ),
  },
  {
    file: "cli/report/runbook.ts",
    fix: "name one of them with --role",
    when: "the app has no such role",
    arrange: ofExample("report --runbook --app netbox --role x", (args, _, message) =>
      replace("x", /it has (\w+)/.exec(message)?.[1] ?? "")(args, "", ""),
    ),
  },
];

/** A page of the report with a warning. */
const reported = (
  postgres: object,
  entry: object,
  edit: (given: Reported, fix: string) => Reported,
) =>
  edited<Reported>(
    { postgres, entry },
    (given) => {
      const pinned = { systemIdentifier: "7412345678901234567" };
      const spec = makeSpec({ wiki: given.entry }, { ...pinned, ...given.postgres });
      const warnings = findWarnings(spec, undefined);
      if (warnings.length > 0)
        throw toOneError(
          "a warning",
          warnings.map(({ what, fix }) => ({ what, fix })),
        );
    },
    edit,
  );

interface Reported {
  readonly postgres: object;
  readonly entry: object;
}

const warningRows: readonly Row[] = [
  {
    fix: "the first pulumi preview shows what to set as berth:postgres.systemIdentifier",
    when: "no server is pinned",
    arrange: reported({ systemIdentifier: undefined }, {}, (given) => ({ ...given, postgres: {} })),
  },
  {
    fix: "set berth:postgres.tls.mode to verify-full, or to require",
    when: "there is no TLS",
    arrange: reported({ tls: { mode: "disable" } }, {}, (given, fix) => ({
      ...given,
      postgres: { tls: { mode: /tls.mode to ([\w-]+)/.exec(fix)?.[1] } },
    })),
  },
  {
    fix: "set berth:apps.….database.revokePublic to true",
    when: "everybody may enter",
    arrange: reported({}, { database: { revokePublic: false } }, (given) => ({
      ...given,
      entry: { database: { revokePublic: true } },
    })),
  },
  {
    fix: "set berth:apps.….reclaimPolicy to retain",
    when: "a database can be dropped",
    arrange: reported({}, { reclaimPolicy: "delete" }, (given, fix) => ({
      ...given,
      entry: { reclaimPolicy: /reclaimPolicy to (\w+)/.exec(fix)?.[1] },
    })),
  },
  {
    fix: "REVOKE CONNECT ON DATABASE … FROM …;",
    when: "a role that is not in the entry may enter",
    arrange: edited(
      ["PUBLIC", 'a "b"'],
      (grantees) => {
        const privileges = grantees.map((grantee) => `${grantee}=CONNECT`);
        const catalog = makeCatalog([], [liveDatabase("paperless", "paperless", { privileges })]);
        const spec = makeSpec({}, { systemIdentifier: catalog.server.systemIdentifier });
        const found = findWarnings(spec, catalog);
        if (found.length > 0)
          throw toOneError(
            "a warning",
            found.map(({ what, fix }) => ({ what, fix })),
          );
      },
      (grantees, fix) => grantees.filter((one) => !fix.endsWith(`FROM ${one};`)),
    ),
  },
].map((row) => ({ file: "cli/report/page/warnings.ts", ...row }));

export const reportRows: readonly Row[] = [...verbRows, ...warningRows];
