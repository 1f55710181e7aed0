import { inspect } from "node:util";
import fc from "fast-check";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { describe, expect, it } from "vitest";
import {
  decodeProperties,
  encodeProperties,
  hasSecret,
  type PropertyValue,
  SecretValue,
  UNKNOWN,
} from "../../../provider/rpc/property-values.ts";

const signature = "4dabf18193072939515e22adb298388d";
const key = fc.string({ maxLength: 6 }).filter((text) => text !== "__proto__");

const { value } = fc.letrec<{ value: PropertyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.constant(UNKNOWN),
    tie("value").map((inner) => new SecretValue(inner)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

describe("property values", () => {
  it("come back as they went, through the bytes of the wire", () => {
    fc.assert(
      fc.property(fc.dictionary(key, value, { noNullPrototype: true }), (properties) => {
        const bytes = encodeProperties(properties).serializeBinary();
        expect(decodeProperties(struct.Struct.deserializeBinary(bytes))).toEqual(properties);
      }),
    );
  });

  it("are empty when the engine sends none", () => {
    expect(decodeProperties(undefined)).toEqual({});
  });

  it("know outputs: unknown without a value, secret when marked", () => {
    const output = { [signature]: "d0e6a833031e9bbcd3f4e8bde6ca49a4" };
    const message = struct.Struct.fromJavaScript({
      unknown: output,
      plain: { ...output, value: "a" },
      secret: { ...output, value: "b", secret: true },
    });
    expect(decodeProperties(message)).toEqual({
      unknown: UNKNOWN,
      plain: "a",
      secret: new SecretValue("b"),
    });
  });

  it("pass assets through as they came", () => {
    const asset = { [signature]: "c44067f5952c0a294b673a41bacd8c17", text: "x" };
    expect(decodeProperties(struct.Struct.fromJavaScript({ asset }))).toEqual({ asset });
  });

  it("never print what is secret", () => {
    const secret = new SecretValue("hunter2");
    const printed = [inspect({ secret }), JSON.stringify({ secret }), String(secret)].join();
    expect(printed).not.toContain("hunter2");
  });

  it("find a secret at any depth", () => {
    expect(hasSecret({ a: [{ b: new SecretValue(1) }] })).toBe(true);
    expect(hasSecret({ a: [{ b: UNKNOWN }, null] })).toBe(false);
  });
});
