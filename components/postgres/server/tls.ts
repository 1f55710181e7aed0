import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import tls from "node:tls";
import { toShellWord } from "../../command-line.ts";
import type { TlsSpec } from "../../config/spec/postgres.ts";
import { BerthError, toErrorCode } from "../../errors.ts";

/** Value of node-postgres' `ssl`. */
export type PgTls = false | tls.ConnectionOptions;

/**
 * libpq's `sslmode` as node-postgres' `ssl`. `verify-full` compares the certificate only with the server name of
 * the stack. node-postgres would use the host, which for a tunnel is 127.0.0.1 and in no certificate. `require`
 * with a CA is `verify-ca`.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html
 */
export function pgTlsOptions(spec: TlsSpec): PgTls {
  const { serverName } = spec;
  // A server name that is an address must not be sent in the handshake (RFC 6066, section 3).
  const sni = isIP(serverName) === 0 ? { servername: serverName } : {};
  if (spec.mode === "disable") return false;
  const common = { ...sni, ...(spec.client === undefined ? {} : readClient(spec.client)) };
  if (spec.mode === "require" && spec.caFile === undefined) {
    return { ...common, rejectUnauthorized: false };
  }
  return {
    ...common,
    rejectUnauthorized: true,
    ca: spec.caFile === undefined ? readSystemCas() : readCaFile(spec.caFile),
    checkServerIdentity: (_host, certificate) =>
      spec.mode === "verify-full" ? checkName(serverName, certificate) : undefined,
  };
}

/** Node does not accept a common name that is not a host name, such as Cloud SQL's `project:instance`. */
function checkName(serverName: string, certificate: tls.PeerCertificate): Error | undefined {
  const { subject, subjectaltname } = certificate;
  if (subjectaltname === undefined && subject.CN === serverName) return undefined;
  return tls.checkServerIdentity(serverName, certificate);
}

/** The same for a client of libpq. `caFile`: where that client finds the CA, if there is one. */
export function toLibpqTls(
  { mode, client }: TlsSpec,
  caFile: string | undefined,
): Readonly<Record<string, string>> {
  const system = mode === "verify-full" ? "system" : undefined;
  const root = mode === "disable" ? undefined : (caFile ?? system);
  return {
    PGSSLMODE: mode,
    ...(root === undefined ? {} : { PGSSLROOTCERT: root }),
    ...(client === undefined ? {} : { PGSSLCERT: client.certFile, PGSSLKEY: client.keyFile }),
  };
}

/** The certificate that Berth shows the server, with its key. */
function readClient({ certFile, keyFile }: NonNullable<TlsSpec["client"]>) {
  const at = "berth:postgres.tls";
  const cert = readText(certFile, "certificate", `${at}.cert`);
  const key = readText(keyFile, "key", `${at}.key`);
  const certificate = parseCertificate(certFile, cert);
  if (certificate.checkPrivateKey(parseKey(keyFile, key))) return { cert, key };
  throw new BerthError(`the key in ${keyFile} is not that of the certificate in ${certFile}`, {
    hint: `name a pair of files under ${at}.cert and ${at}.key`,
  });
}

/** No error has a part of the key. */
function parseKey(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const isEncrypted = /^(-----BEGIN ENCRYPTED |Proc-Type: .*ENCRYPTED)/m.test(pem);
    throw new BerthError(
      `the key file ${file} ${isEncrypted ? "is encrypted" : "holds no PEM key"}`,
      {
        hint: isEncrypted
          ? `write it without a passphrase, readable by you alone: openssl pkey -in ${toShellWord(file)} -out ‹new file›`
          : "write the key of the certificate there (-----BEGIN PRIVATE KEY-----), or correct berth:postgres.tls.key",
        cause: error,
      },
    );
  }
}

function readSystemCas(): string[] {
  // Node's own list misses the CA that a company or a homelab put into the system's store.
  return [...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")])];
}

const tlsCa = "berth:postgres.tls.ca";
const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Certificates of a PEM file; one that is valid today is enough, so that a CA can be replaced. */
function readCaFile(file: string, setting = tlsCa): string[] {
  const found = readText(file, "CA", setting).match(block) ?? [];
  if (found.length === 0) {
    throw new BerthError(`the CA file ${file} holds no PEM certificate`, {
      hint: `write the CA's certificate there (-----BEGIN CERTIFICATE-----), or correct ${setting}`,
    });
  }
  const certificates = found.map((pem) => parseCertificate(file, pem));
  const now = new Date();
  if (certificates.some((c) => c.validFromDate <= now && now <= c.validToDate)) return [...found];
  const list = certificates.map(
    (c) => `${c.subject.replaceAll("\n", ", ")}: ${c.validFrom} to ${c.validTo}`,
  );
  const isEarly = certificates.every((c) => c.validFromDate > now);
  const word = isEarly ? "is not valid yet (does this machine's clock run late?)" : "has expired";
  throw new BerthError(`the CA in ${file} ${word}; now ${now.toISOString()}; ${list.join("; ")}`, {
    hint: `get the server's present CA into ${file}`,
  });
}

/** The same as the text of a PEM file. */
export function readCaText(file: string, setting = tlsCa): string {
  return `${readCaFile(file, setting).join("\n")}\n`;
}

function readText(file: string, what: string, at: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const isMissing = toErrorCode(error) === "ENOENT";
    const why = isMissing ? "does not exist" : `cannot be read (${toErrorCode(error)})`;
    throw new BerthError(`the ${what} file ${file} ${why}`, {
      hint: `correct ${at}`,
      cause: error,
    });
  }
}

function parseCertificate(file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new BerthError(`the file ${file} holds a damaged certificate`, {
      hint: `openssl x509 -in ${toShellWord(file)} -noout -subject -dates`,
      cause: error,
    });
  }
}
