import { beforeEach, describe, expect, it } from "vitest";
import { scramOf } from "../../../components/postgres/verifier.ts";
import { inputsOf, ownershipRole, rolePassword, statementsIn } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/** Taking over a role whose password is the one in 1Password, on a real server. */

const bed = useBed({ isSuperuser: true });
const name = 'Web-App@x "é"';
const quoted = '"Web-App@x ""é"""';

beforeEach(async () => {
  await bed.sql(`drop database if exists ${quoted}`);
  await bed.sql(`drop role if exists ${quoted}, ${ownershipRole}`);
  await bed.sql(`create role ${quoted} login password '${rolePassword(name)}'`);
  await bed.sql(`create database ${quoted} owner ${quoted}`);
});

async function readVerifier(): Promise<string> {
  const [row] = await bed.sql<{ rolpassword: string }>(
    `select rolpassword from pg_authid where rolname = '${name}'`,
  );
  return row?.rolpassword ?? "";
}

const preview = (owner: Record<string, unknown>) =>
  bed.preview(inputsOf("web", { adopt: true, owner: { name, ...owner }, database: { name } }));

describe("with the salt that is stored", () => {
  it("previews nothing but the mark", async () => {
    const shown = await preview({ scram: scramOf(await readVerifier()) });
    expect(statementsIn(shown)).toEqual([
      `CREATE ROLE "${ownershipRole}" NOLOGIN VALID UNTIL 'infinity'`,
      `GRANT "${ownershipRole}" TO ${quoted}`,
    ]);
    expect(shown).not.toContain("password");
  });

  it("sends nothing but the mark, and the role logs in with the password it had", async () => {
    const before = await readVerifier();
    const owner = { name, scram: scramOf(before) };
    bed.clearLog();
    const adopted = await bed.up(inputsOf("web", { adopt: true, owner, database: { name } }));
    expect(bed.writes()).toEqual([
      `CREATE ROLE "${ownershipRole}" NOLOGIN VALID UNTIL 'infinity'`,
      `GRANT "${ownershipRole}" TO ${quoted}`,
    ]);
    expect(await readVerifier()).toBe(before);
    expect(await bed.sqlAs(name, name, "select 1 as one")).toEqual([{ one: 1 }]);
    expect(await bed.diff(adopted)).toEqual([]);
  });
});

it("without it, or with md5, the preview says that the password is set", async () => {
  expect(await preview({})).toContain("its password becomes the one in 1Password");
  await bed.sql("set password_encryption = 'md5'; alter role " + quoted + " password 'x'");
  const shown = await preview({});
  expect(shown).toContain("its password, stored as md5, becomes the one in 1Password");
  expect(shown).toContain(`ALTER ROLE ${quoted} PASSWORD '‹verifier›';`);
});
