import { inspect } from "node:util";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { isMapping } from "../../components/mapping.ts";

/** A value that Pulumi treats as secret. It prints as `[secret]`, so a handler cannot leak it by accident. */
export class SecretValue {
  readonly value: PropertyValue;

  constructor(value: PropertyValue) {
    this.value = value;
  }

  toJSON(): string {
    return "[secret]";
  }

  toString(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}

export class UnknownValue {
  toString(): string {
    return "[unknown]";
  }
}

/** In a preview: a value that only `up` produces. */
export const UNKNOWN = new UnknownValue();

/** A property value as handlers see it, without the engine's encoding. */
export type PropertyValue =
  | null
  | boolean
  | number
  | string
  | SecretValue
  | UnknownValue
  | readonly PropertyValue[]
  | PropertyMap;

export interface PropertyMap {
  readonly [key: string]: PropertyValue;
}

// NOTE: these are the engine's wire constants (sdk/go/common/resource/sig, .../plugin/rpc.go). The decoder in
// the SDK's runtime/rpc.js is not used: it makes the whole top-level property secret, so a handler could not
// see which part is.
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWNS: ReadonlySet<string> = new Set([
  UNKNOWN_STRING,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

type Wire = ReturnType<struct.Struct["toJavaScript"]>[string];

/** Decodes the engine's message. An absent message has no properties. */
export function decodeProperties(message: struct.Struct | undefined): PropertyMap {
  return message === undefined ? {} : decodeMap(message.toJavaScript());
}

/** Encodes properties for the engine. Secrets stay secret. */
export function encodeProperties(properties: PropertyMap): struct.Struct {
  return struct.Struct.fromJavaScript(encodeMap(properties));
}

/** Whether a value is an object with properties, not a list or a special value. */
export function isPropertyMap(value: PropertyValue | undefined): value is PropertyMap {
  return isMapping(value);
}

export function hasSecret(value: PropertyValue): boolean {
  if (value instanceof SecretValue) return true;
  if (isList(value)) return value.some(hasSecret);
  return isPropertyMap(value) && Object.values(value).some(hasSecret);
}

/** Whether a value contains one that is not known yet. */
export function hasUnknown(value: PropertyValue): boolean {
  if (value instanceof SecretValue) return hasUnknown(value.value);
  if (isList(value)) return value.some(hasUnknown);
  return (
    value instanceof UnknownValue || (isPropertyMap(value) && Object.values(value).some(hasUnknown))
  );
}

/** A value with its secrets in clear, for checks. Unknown values stay unknown. Do not print the result. */
export function toPlain(value: PropertyMap): Readonly<Record<string, unknown>>;
export function toPlain(value: PropertyValue): unknown;
export function toPlain(value: PropertyValue): unknown {
  if (value instanceof SecretValue) return toPlain(value.value);
  if (isList(value)) return value.map(toPlain);
  if (!isPropertyMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toPlain(inner)]));
}

/** Plain values as properties, without those that are undefined. */
export function toPropertyMap(values: object): PropertyMap {
  return JSON.parse(JSON.stringify(values)) as PropertyMap;
}

/** TypeScript's `Array.isArray` does not narrow readonly lists. */
export function isList(value: PropertyValue): value is readonly PropertyValue[] {
  return Array.isArray(value);
}

function decodeMap(wire: { readonly [key: string]: Wire }): PropertyMap {
  return Object.fromEntries(Object.entries(wire).map(([key, value]) => [key, decode(value)]));
}

function decode(wire: Wire): PropertyValue {
  if (wire === null || typeof wire === "boolean" || typeof wire === "number") return wire;
  if (typeof wire === "string") return UNKNOWNS.has(wire) ? UNKNOWN : wire;
  if (Array.isArray(wire)) return wire.map(decode);
  const properties = wire as { readonly [key: string]: Wire };
  const value = properties["value"];
  const signature = properties[SIGNATURE];
  if (signature === SECRET) return new SecretValue(decode(value ?? null));
  if (signature === OUTPUT) {
    const inner = value === undefined ? UNKNOWN : decode(value);
    return properties["secret"] === true ? new SecretValue(inner) : inner;
  }
  // Assets, archives and resource references stay as they are.
  return decodeMap(properties);
}

function encodeMap(properties: PropertyMap): { [key: string]: Wire } {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, encode(value)]));
}

function encode(value: PropertyValue): Wire {
  if (value instanceof SecretValue) return { [SIGNATURE]: SECRET, value: encode(value.value) };
  if (value instanceof UnknownValue) return UNKNOWN_STRING;
  if (isList(value)) return value.map(encode);
  return isPropertyMap(value) ? encodeMap(value) : (value as Wire);
}
