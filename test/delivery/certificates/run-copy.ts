import { writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { planCertificateJob } from "../../../components/delivery/certificates/job.ts";
import { makeSpec } from "../../fakes/stack.ts";
import type { CertificateApi, Json } from "./api.ts";

const gitops = {
  gitops: { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" },
};

interface Container {
  readonly command: readonly [string, ...string[]];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

/** What a pod of the Job prints, and how it ends. It prints no secret. */
export async function runCopy(
  bed: {
    readonly api: CertificateApi;
    readonly folder: string;
    readonly secrets: readonly string[];
  },
  entry: object,
  source: object,
) {
  const { api, folder } = bed;
  const certificate = { secret: "vault-env", key: "DB_ROOT_CERT", ...entry };
  const apps = { vault: { certificate } };
  const spec = makeSpec(apps, { certificate: source }, "prod", gitops);
  const [app] = spec.apps;
  if (app === undefined) throw new Error("no app");
  const { own } = planCertificateJob({ postgres: spec.postgres, app }, "argocd");
  const config = own.find(({ kind }) => kind === "ConfigMap") as unknown as { data: Json };
  for (const [name, text] of Object.entries(config.data)) {
    writeFileSync(path.join(folder, name), String(text));
  }
  writeFileSync(path.join(folder, "token"), `${api.token}\n`);
  const job = own.at(-1) as unknown as {
    spec: { template: { spec: { containers: readonly [Container] } } };
  };
  const [{ command, env }] = job.spec.template.spec.containers;
  const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  // What a cluster gives to a pod.
  const here = { API_SERVER: api.url, TOKEN_FILE: path.join(folder, "token") };
  expect(Object.keys(variables).toSorted()).toEqual(
    [...Object.keys(here), "NODE_EXTRA_CA_CERTS"].toSorted(),
  );
  expect(command[0]).toBe("node");
  const { exitCode, all } = await execa(process.execPath, command.slice(1), {
    cwd: folder,
    env: here,
    extendEnv: false,
    reject: false,
    all: true,
  });
  for (const secret of [api.token, "Y2FuYX", ...bed.secrets]) expect(all).not.toContain(secret);
  return { exitCode, output: all };
}
