import { readFileSync } from "node:fs";
import { print } from "../../cli/print.ts";
import { startConnect } from "./server.ts";
import { VaultStore } from "./vault-data.ts";

/** `main.ts <vault file> <token file> <port>`: the stand-in for 1Password Connect as a program. */
const [, , vaultFile = "", tokenFile = "", port = ""] = process.argv;
const { url } = await startConnect({
  store: VaultStore.load(vaultFile),
  token: readFileSync(tokenFile, "utf8").trim(),
  port: Number(port),
  onRequest: ({ method, path, status }) => {
    print(`${method} ${path} ${status === 0 ? "cut" : String(status)}`);
  },
});
print(`listening on ${url}`);
