import { describe, expect, it } from "vitest";
import { toStackIdentity } from "../../../components/config/derive/identity.ts";

const facts = {
  stack: "prod",
  project: "berth",
  organization: "organization",
  backend: "file:///srv/states",
  id: undefined,
  secrets: "v1:salt-of-one",
};
const idOf = (more: Partial<Parameters<typeof toStackIdentity>[0]> = {}): string | undefined =>
  toStackIdentity({ ...facts, ...more })?.id;

describe("a stack's identity", () => {
  it("says who it is for people", () => {
    expect(toStackIdentity(facts)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
      name: "organization/berth/prod",
    });
  });

  it("is the same on every machine, whatever the path to the backend is there", () => {
    expect(idOf({ backend: "file://~/states" })).toBe(idOf());
    expect(idOf({ organization: undefined })).toBe(idOf());
  });

  it("is another for an equal name in another backend, which has another salt", () => {
    expect(idOf({ secrets: "v1:salt-of-other" })).not.toBe(idOf());
  });

  it("is another for a stack whose file was copied, salt and all", () => {
    expect(idOf({ stack: "staging" })).not.toBe(idOf());
    expect(idOf({ stack: "Prod" })).not.toBe(idOf());
    expect(idOf({ project: "other" })).not.toBe(idOf());
  });

  it("is the stack file's own, if it says one, under every passphrase", () => {
    const own = { id: "4f0c2b9a7d1e4f0c" };
    expect(idOf({ ...own, secrets: undefined })).toBe(idOf(own));
    expect(idOf(own)).not.toBe(idOf());
  });

  it("comes from the full name in Pulumi Cloud, which keeps the secrets itself", () => {
    const cloud = { secrets: undefined, organization: "coachlight", backend: undefined };
    expect(idOf(cloud)).toBe(idOf({ ...cloud, backend: "https://api.pulumi.com" }));
    expect(idOf({ ...cloud, organization: "westside" })).not.toBe(idOf(cloud));
    expect(idOf({ ...cloud, backend: "https://pulumi.example.org" })).not.toBe(idOf(cloud));
  });

  it("is not there where only a name is known, which others may have too", () => {
    expect(idOf({ secrets: undefined })).toBeUndefined();
  });
});
