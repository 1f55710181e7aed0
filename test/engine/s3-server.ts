import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { freePort } from "../../dev/postgres/ports.ts";
import { isListening } from "../fakes/listening.ts";

/** A running S3 server: how Pulumi finds its one bucket, and how to end it. */
interface S3Server {
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** Starts versitygw, an S3 server that keeps buckets and objects as folders and files. */
export async function startS3Server(program: string, folder: string): Promise<S3Server> {
  const [objects, metadata] = ["objects", "metadata"].map((name) => path.join(folder, name));
  mkdirSync(path.join(objects ?? "", "states"), { recursive: true });
  mkdirSync(metadata ?? "");
  const port = String(await freePort());
  const key = { id: "berth-test", secret: "Canary-of-the-bucket-0123456789" };
  const args = ["--access", key.id, "--secret", key.secret, "--port", `127.0.0.1:${port}`];
  const server = execa(program, [...args, "posix", "--sidecar", metadata ?? "", objects ?? ""], {
    reject: false,
    stdio: "ignore",
  });
  while (!(await isListening(Number(port)))) await delay(50);
  return {
    env: {
      PULUMI_BACKEND_URL: `s3://states?endpoint=http://127.0.0.1:${port}&s3ForcePathStyle=true`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: key.id,
      AWS_SECRET_ACCESS_KEY: key.secret,
    },
    stop: async () => {
      server.kill();
      await server;
    },
  };
}
