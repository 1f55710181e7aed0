import { expect, test } from "vitest";
import { waitForSecret } from "../../../cli/rotate/wait-for-secret.ts";
import { KubeError } from "../../../components/kubernetes/error.ts";
import { Credential } from "../../../components/onepassword/credential.ts";

const role = {
  namespace: "infra-wiki",
  secretName: "wiki-db-credentials",
  keys: { username: "username", password: "password" },
};
const credential = new Credential("wiki", "new-password");
const patience = { timeoutMs: 20, intervalMs: 1 };

function secret(username: string, password: string): unknown {
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  return { data: { username: encode(username), password: encode(password) } };
}

/** Answers one after the other; the last one again and again. */
function answering(...answers: readonly unknown[]) {
  const requested: string[] = [];
  return {
    requested,
    read: (ask: {
      verb: string;
      resource: string;
      namespace: string | undefined;
      name: string | undefined;
    }) => {
      requested.push(`${ask.verb} ${ask.resource} ${ask.namespace ?? ""}/${ask.name ?? ""}`);
      const answer = answers[Math.min(requested.length, answers.length) - 1];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}

test("waits until the Secret holds exactly the credential", async () => {
  const missing = new KubeError("not-found", "no secrets");
  const api = answering(
    missing,
    secret("wiki", "old-password"),
    secret("wiki_a", "new-password"),
    secret("wiki", "new-password"),
  );
  expect(await waitForSecret(api, role, credential, patience)).toEqual({ kind: "arrived" });
  expect(api.requested).toEqual(Array(4).fill("get secrets infra-wiki/wiki-db-credentials"));
});

test("gives up when the time is over", async () => {
  const api = answering(secret("wiki", "old-password"));
  expect(await waitForSecret(api, role, credential, patience)).toEqual({ kind: "late" });
});

test("does not wait for what it may not see", async () => {
  const api = answering(new KubeError("forbidden", "not allowed to get secrets"));
  expect(await waitForSecret(api, role, credential, patience)).toEqual({
    kind: "unseen",
    reason: "not allowed to get secrets",
  });
  expect(api.requested).toHaveLength(1);
});
