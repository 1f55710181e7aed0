#!/usr/bin/env node
/**
 * The commands of the program `vault` that Berth's script uses, on the HTTP API of a real Vault. That program itself is
 * most of what compiling Vault takes. It refuses what it does not know.
 */
import { readFileSync } from "node:fs";

const { VAULT_ADDR: address, VAULT_TOKEN: token = "", VAULT_NAMESPACE } = process.env;
const args = process.argv.slice(2);
const options = {};
const words = args.filter((arg) => {
  const [, name, value] = /^-([a-z-]+)(?:=(.*))?$/.exec(arg) ?? [];
  if (name === undefined) return true;
  options[name] = value ?? "true";
  return false;
});

async function ask(method, path, body) {
  const answer = await fetch(`${address}/v1/${path}`, {
    method,
    headers: {
      "X-Vault-Token": token,
      "Content-Type": "application/json",
      ...(VAULT_NAMESPACE === undefined ? {} : { "X-Vault-Namespace": VAULT_NAMESPACE }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

/** `key=value`, `key=@file`, `key=-` (standard input), or a lone `-`: JSON on standard input. */
function toBody(given) {
  const stdin = () => readFileSync(0, "utf8");
  if (given.length === 1 && given[0] === "-") return JSON.parse(stdin());
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf("=");
      const [key, value] = [pair.slice(0, at), pair.slice(at + 1)];
      if (value === "-") return [key, stdin()];
      return [key, value.startsWith("@") ? readFileSync(value.slice(1), "utf8") : value];
    }),
  );
}

async function enable(kind, type) {
  const version = options.version === undefined ? {} : { options: { version: options.version } };
  await ask("POST", `sys/${kind}/${options.path}`, { type, ...version });
}

async function run([first, second, ...rest]) {
  const command = [first, second].join(" ");
  if (first === "write") return await ask("POST", second, toBody(rest));
  if (first === "read") return await ask("GET", second);
  if (command === "policy write") {
    const policy = toBody(rest.slice(1).map((source) => `policy=${source}`)).policy;
    return await ask("PUT", `sys/policies/acl/${rest[0]}`, { policy });
  }
  if (command === "secrets list") return (await ask("GET", "sys/mounts")).data;
  if (command === "auth list") return (await ask("GET", "sys/auth")).data;
  if (command === "secrets enable") return await enable("mounts", rest[0]);
  if (command === "auth enable") return await enable("auth", rest[0]);
  throw new Error(`vault: not a command of Berth's script: ${args.join(" ")}`);
}

try {
  const answer = await run(words);
  if (options.format === "json") console.log(JSON.stringify(answer, null, 2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
