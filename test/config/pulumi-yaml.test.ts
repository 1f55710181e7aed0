import { describe, expect, test } from "vitest";
import { parsePulumiYaml } from "../../components/config/pulumi-yaml.ts";
import { yamlOddities } from "../fakes/yaml-oddities.ts";

describe("a stack file is read as Pulumi reads it", () => {
  test.each(yamlOddities)("%s", (text, expected) => {
    expect(parsePulumiYaml("stack prod", "Pulumi.prod.yaml", text)).toEqual({ value: expected });
  });
});
