import { describe, expect, it } from "vitest";
import { decideFreshServer } from "../../../components/postgres/diff/fresh-server.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { hiddenVerifiers, toStatement } from "../../../components/postgres/statements/sql.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { inputsOf } from "../../provider/app-database/bed.ts";
import { useBed } from "../../provider/app-database/use-bed.ts";

/** What is planned offline against what the provider sends to a real server. */

const basketball = {
  owner: { connectionLimit: 9, searchPath: ["public"] },
  database: { connectionLimit: 40 },
  roles: {
    admin: { profile: "readwrite", name: "admin_app" },
    report: { profile: "readonly" },
  },
};

const bed = useBed();

describe("a fresh server", () => {
  it("is planned to get exactly the statements that the provider sends", async () => {
    const spec = makeSpec({ basketball, wiki: {} });
    const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
    const planned = decideFreshServer(plans, spec.postgres);
    bed.clearLog();
    await bed.up(inputsOf("basketball", basketball));
    await bed.up(inputsOf("wiki"));
    const sent = bed
      .writes()
      .map((statement) => statement.replace(/'SCRAM-SHA-256\$[^']*'/, "'‹verifier›'"));
    expect(planned.flat().map((action) => toStatement(action, hiddenVerifiers))).toEqual(sent);
    expect(sent).toHaveLength(22);
  });
});
