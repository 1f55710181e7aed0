import grpc from "@grpc/grpc-js";
import engine from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import { toTerminalText } from "../../components/terminal-text.ts";

/** Tells the operator something about a resource; the engine shows it below what is done with it. */
export type Report = (severity: "info" | "warning", urn: string, text: string) => void;

/** Reports to the engine that started the provider; without one nobody listens. */
export function reportTo(address: string | undefined): Report {
  if (address === undefined) return () => undefined;
  const client = new engine.EngineClient(address, grpc.credentials.createInsecure());
  const { INFO, WARNING } = messages.LogSeverity;
  return (severity, urn, text) => {
    const request = new messages.LogRequest()
      .setSeverity(severity === "info" ? INFO : WARNING)
      .setUrn(urn)
      .setMessage(toTerminalText(text));
    // What cannot be told must not stop what is done.
    client.log(request, () => undefined);
  };
}
