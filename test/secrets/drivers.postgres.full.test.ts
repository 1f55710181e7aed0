import path from "node:path";
import { execa, execaSync } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { buildFlags, goEnvironment } from "../../toolchain/go-build.ts";
import { passwords } from "./login-keys.ts";
import { role, special, useLoginServer } from "./login-server.ts";

/** The drivers of other languages log in with exactly the bytes that a Secret has. */

const here = path.join(projectFolder, "test/secrets");
const { folder, server } = useLoginServer();

interface Driver {
  readonly key: string;
  /** Programs without which the test is left out. */
  readonly needs: readonly string[];
  readonly prepare: () => Promise<unknown>;
  /** Logs in with `KEY` of the environment and prints `role|database`. */
  readonly login: readonly [string, ...string[]];
}

const python = `
import os, psycopg
with psycopg.connect(os.environ["KEY"]) as connection:
    print("|".join(connection.execute("select current_user, current_database()").fetchone()))
`;
const jar = "org.postgresql:postgresql:42.7.7";

const drivers: Readonly<Record<string, Driver>> = {
  psycopg: {
    key: "uri",
    needs: ["python3"],
    login: ["python3", "-c", python],
    prepare: () =>
      execa("python3", [
        "-m",
        "pip",
        "install",
        "-q",
        "--target",
        folder,
        "psycopg[binary]==3.3.9",
      ]),
  },
  pgx: {
    key: "DATABASE_URL",
    needs: ["go"],
    login: [path.join(folder, "pgx")],
    prepare: () =>
      execa("go", ["build", ...buildFlags, "-o", folder, "."], {
        cwd: path.join(here, "pgx"),
        env: goEnvironment,
      }),
  },
  JDBC: {
    key: "jdbc-uri",
    needs: ["mvn", "java"],
    prepare: () =>
      execa("mvn", ["-q", "dependency:copy", `-Dartifact=${jar}`, `-DoutputDirectory=${folder}`], {
        cwd: folder,
      }),
    login: ["java", "-cp", path.join(folder, "*"), path.join(here, "Login.java")],
  },
};

const isThere = (program: string): boolean =>
  execaSync("sh", ["-c", `command -v ${program}`], { reject: false }).exitCode === 0;

describe.each(Object.entries(drivers))("%s", (_, { key, needs, prepare, login }) => {
  const missing = needs.filter((program) => !isThere(program));
  if (missing.length > 0) {
    test.skip(`is left out: ${missing.join(", ")} is not on PATH`, () => undefined);
    return;
  }

  beforeAll(prepare, 600_000);

  test.each(Object.entries(passwords))("logs in: %s", async (_title, password) => {
    const secret = await server().makeSecret(password, special);
    const [program, ...args] = login;
    const { stdout, stderr } = await execa(program, args, {
      env: { KEY: secret[key] ?? "", PYTHONPATH: folder, LC_ALL: "C.UTF-8" },
      reject: false,
    });
    expect({ stdout, stderr }).toEqual({ stdout: `${role}|${special}`, stderr: "" });
  });
});
