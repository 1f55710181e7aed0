import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A certificate and its key, as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly keyObject: KeyObject;
  readonly name: string;
}

const day = 86_400_000;

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size =
    body.length < 128
      ? Buffer.of(body.length)
      : body.length < 256
        ? Buffer.of(0x81, body.length)
        : Buffer.of(0x82, body.length >> 8, body.length & 0xff);
  return Buffer.concat([Buffer.of(tag), size, body]);
}

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const commonName = oid("550403");
const ecdsaWithSha256 = der(0x30, oid("2a8648ce3d040302"));

function toName(name: string): Buffer {
  return der(0x30, der(0x31, der(0x30, commonName, der(0x0c, Buffer.from(name)))));
}

function toTime(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));
}

function toExtension(id: string, value: Buffer): Buffer {
  return der(0x30, oid(id), der(0x04, value));
}

/**
 * Issues a certificate for tests, so that no key lies in the repository and none expires there:
 * without an issuer a CA, with one a server's certificate for the DNS name, or with a common name alone.
 */
export function issue(
  name: string,
  options: {
    readonly issuer?: Issued;
    readonly from?: Date;
    readonly to?: Date;
    readonly hasDnsName?: false;
  } = {},
): Issued {
  const { issuer } = options;
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const isCa = der(0x30, der(0x01, Buffer.of(0xff)));
  const dnsName = der(0x30, der(0x82, Buffer.from(name)));
  const notCa = toExtension("551d13", der(0x30));
  const named = options.hasDnsName === false ? notCa : toExtension("551d11", dnsName);
  const extension = issuer ? named : toExtension("551d13", isCa);
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1, Math.floor(Math.random() * 255), Math.floor(Math.random() * 255))),
    ecdsaWithSha256,
    toName(issuer?.name ?? name),
    der(
      0x30,
      toTime(options.from ?? new Date(Date.now() - day)),
      toTime(options.to ?? new Date(Date.now() + day)),
    ),
    toName(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, extension)),
  );
  const signature = sign("sha256", body, issuer?.keyObject ?? privateKey);
  const whole = der(0x30, body, ecdsaWithSha256, der(0x03, Buffer.of(0), signature));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    name,
    keyObject: privateKey,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}
