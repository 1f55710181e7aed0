// Runs in a Pod, from a ConfigMap, with Node alone: copies the certificate of a Postgres server into a key of a
// Secret. It prints names and dates, and never what is in a Secret.
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import process from "node:process";

const { source, target, host } = JSON.parse(readFileSync("settings.json", "utf8"));
const { API_SERVER, TOKEN_FILE } = process.env;
const authorization = `Bearer ${readFileSync(TOKEN_FILE, "utf8").trim()}`;
const patience = 20_000;
/** Says which certificate was there when the consumers were restarted. */
const restartedFor = "berth/certificate";

/** Why nothing was copied. */
class Refused extends Error {}

/** undefined = there is no such object. */
async function ask(method, path, body) {
  const response = await fetch(new URL(path, API_SERVER), {
    method,
    headers: { authorization, ...(body && { "content-type": "application/merge-patch+json" }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(patience),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.status === 404) return undefined;
  if (!response.ok) {
    throw new Refused(`${method} ${path}: ${answer.message ?? `status ${response.status}`}`);
  }
  return answer;
}

/** Where the certificate is, and how it is read from there. */
function listPlaces() {
  const { namespace, name, key, pods = [], file } = source;
  if (source.kind === "secret") {
    return [{ from: `Secret ${namespace}/${name}, key ${key}`, read: readFromSecret }];
  }
  return pods.map((pod) => ({
    from: `Pod ${namespace}/${pod}, ${file}`,
    read: () => readFromPod(pod),
  }));
}

/** One place is enough, since a Pod of several may be down. */
async function readSources() {
  const found = [];
  const failures = [];
  for (const { from, read } of listPlaces()) {
    try {
      found.push(...parse(await read(), from));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      failures.push(`${from}: ${error.message}`);
    }
  }
  if (found.length === 0) throw new Refused(failures.join("\n"));
  for (const failure of failures) console.log(`warning: ${failure}`);
  return found;
}

async function readFromSecret() {
  const { namespace, name, key } = source;
  const secret = await ask("GET", `/api/v1/namespaces/${namespace}/secrets/${name}`);
  if (secret === undefined) throw new Refused("there is no such Secret");
  const value = secret.data?.[key];
  if (value === undefined) throw new Refused("there is no such key");
  return Buffer.from(value, "base64").toString("latin1");
}

/** As `kubectl exec POD -- cat FILE`: a websocket, whose messages begin with the number of their channel. */
async function readFromPod(pod) {
  const path = `/api/v1/namespaces/${source.namespace}/pods/${pod}/exec`;
  const url = new URL(path, API_SERVER);
  url.protocol = url.protocol.replace("http", "ws");
  const container = source.container === undefined ? [] : [["container", source.container]];
  const command = ["cat", source.file].map((word) => ["command", word]);
  const query = [["stdout", "true"], ["stderr", "true"], ...container, ...command];
  url.search = new URLSearchParams(query).toString();
  const channels = new Map();
  const socket = new WebSocket(url, {
    protocols: ["v4.channel.k8s.io"],
    headers: { authorization },
  });
  socket.binaryType = "arraybuffer";
  const opened = await new Promise((resolve) => {
    const timer = setTimeout(() => socket.close(), patience);
    let isOpen = false;
    socket.onopen = () => {
      isOpen = true;
    };
    socket.onmessage = ({ data }) => {
      const bytes = Buffer.from(data);
      channels.set(bytes[0], (channels.get(bytes[0]) ?? "") + bytes.toString("latin1", 1));
    };
    socket.onerror = () => {};
    socket.onclose = () => {
      clearTimeout(timer);
      resolve(isOpen);
    };
  });
  if (!opened) {
    // A refused websocket does not say why; the same request without one does.
    await ask("GET", `${path}${url.search}`);
    throw new Refused("there is no such Pod, or it does not answer");
  }
  const end = JSON.parse(channels.get(3) || "{}");
  if (end.status === "Success") return channels.get(1) ?? "";
  throw new Refused(channels.get(2)?.trim() || end.message || "the connection ended too early");
}

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates in a text that are valid today. Anything else in it, such as a key, is left out. */
function parse(text, from) {
  const all = (text.match(block) ?? []).map((pem) => {
    try {
      return new X509Certificate(pem);
    } catch {
      throw new Refused("a certificate there is damaged");
    }
  });
  if (all.length === 0) throw new Refused("there is no certificate");
  const now = new Date();
  const isValid = (one) => one.validFromDate <= now && now <= one.validToDate;
  const valid = all.filter(isValid);
  const outdated = all
    .filter((one) => !isValid(one))
    .map((one) => `${describe(one)} is not valid today`);
  if (valid.length === 0) throw new Refused(outdated.join("; "));
  for (const line of outdated) console.log(`warning: ${from}: ${line}`);
  for (const one of valid) console.log(`${from}: ${describe(one)}`);
  warnOfName(valid[0], from);
  return valid;
}

function describe({ subject, validFrom, validTo }) {
  return `${(subject ?? "no subject").replaceAll("\n", ", ")} (${validFrom} to ${validTo})`;
}

/** A CA has no host name; what a Pod presents is the server's own certificate, whatever else it says. */
function warnOfName(certificate, from) {
  if (source.kind === "secret" && certificate.ca) return;
  const found = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  if (found !== undefined) return;
  const names = certificate.subjectAltName ?? "no other name";
  console.log(
    `warning: ${from}: the certificate is not for ${host} (${describe(certificate)}; ${names}), so sslmode verify-full refuses it`,
  );
}

/** What the API takes: a Secret's data are in base64, and Infisical wants base64 inside. */
function encode(certificates) {
  const unique = new Map(certificates.map((one) => [one.fingerprint256, one.toString().trim()]));
  const pem = `${[...unique.values()].join("\n")}\n`;
  const text = target.encoding === "base64" ? Buffer.from(pem).toString("base64") : pem;
  return Buffer.from(text).toString("base64");
}

async function copy(value) {
  const { namespace, secret: name, key, restart } = target;
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  const secret = await ask("GET", path);
  if (secret === undefined) {
    console.log(`Secret ${namespace}/${name} is not there yet: nothing to do`);
    return;
  }
  const digest = createHash("sha256").update(value).digest("hex").slice(0, 16);
  const { annotations = {}, ownerReferences = [] } = secret.metadata;
  // Without the first, the controller of Sealed Secrets removes the key when the SealedSecret changes.
  const kept = ownerReferences.some(({ kind }) => kind === "SealedSecret")
    ? {
        "sealedsecrets.bitnami.com/patch": "true",
        "argocd.argoproj.io/sync-options": "Prune=false",
      }
    : {};
  const isSame = secret.data?.[key] === value;
  const lacks = Object.entries(kept).some(([name, wanted]) => annotations[name] !== wanted);
  if (!isSame || lacks) {
    await ask("PATCH", path, { metadata: { annotations: kept }, data: { [key]: value } });
  }
  console.log(`Secret ${namespace}/${name}, key ${key}: ${isSame ? "up to date" : "written"}`);
  if (annotations[restartedFor] === digest) return;
  for (const one of restart) await restartOne(one, digest);
  // Only now, so that a run which is cut off restarts what is left in the next.
  await ask("PATCH", path, { metadata: { annotations: { [restartedFor]: digest } } });
}

/** A new annotation in the template of its Pods replaces them; the same one does nothing. */
async function restartOne({ kind, name }, digest) {
  const path = `/apis/apps/v1/namespaces/${target.namespace}/${kind.toLowerCase()}s/${name}`;
  const template = { metadata: { annotations: { [restartedFor]: digest } } };
  const found = await ask("PATCH", path, { spec: { template } });
  console.log(`${kind} ${name}: ${found === undefined ? "not there yet" : "restarted"}`);
}

try {
  await copy(encode(await readSources()));
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
