import { expect, test } from "vitest";
import { findOption, findStack, isQuestion } from "../../../dev/pulumi/args.ts";

test.each([
  [["up"], undefined],
  [["up", "--stack", "prod"], "prod"],
  [["up", "--stack=prod"], "prod"],
  [["--stack=prod", "up"], "prod"],
  [["up", "-s", "prod"], "prod"],
  [["up", "-sprod"], "prod"],
  [["up", "-s=prod"], "prod"],
  [["up", "--stack", "dev", "-s", "prod"], "prod"],
  [["up", "--message", "as --stack prod has it"], undefined],
  [["config", "set", "--", "-s", "prod"], undefined],
  [["up", "--stack"], undefined],
  [["stack", "init", "prod"], "prod"],
  [["stack", "rm", "prod", "--yes"], "prod"],
  [["stack", "select", "prod"], "prod"],
  [["stack", "init", "--no-select"], undefined],
  [["stack", "export", "prod"], undefined],
])("%j are for the stack %s", (args, stack) => {
  expect(findStack(args)).toBe(stack);
});

test.each([
  [["up", "--config-file", "a.yaml"], "a.yaml"],
  [["up", "--config-file=a.yaml", "--config-file=b.yaml"], "b.yaml"],
  [["up", "--config", "a=b", "--", "--config-file", "a.yaml"], undefined],
])("%j name the stack file %s", (args, file) => {
  expect(findOption(args, "--config-file")).toBe(file);
});

test.each([
  [[], true],
  [["--help"], true],
  [["up", "-h"], true],
  [["version"], true],
  [["up"], false],
  [["whoami"], false],
  [["config", "set", "--", "--help"], false],
])("%j only ask about Pulumi: %s", (args, expected) => {
  expect(isQuestion(args)).toBe(expected);
});
