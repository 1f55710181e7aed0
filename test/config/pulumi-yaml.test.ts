import { describe, expect, test } from "vitest";
import { parsePulumiYaml } from "../../components/config/pulumi-yaml.ts";
import { specialYaml } from "../fakes/special-yaml.ts";

describe("a stack file is read as Pulumi reads it", () => {
  test.each(specialYaml)("%s", (text, expected) => {
    expect(parsePulumiYaml("stack prod", "Pulumi.prod.yaml", text)).toEqual({ value: expected });
  });
});
