import grpc from "@grpc/grpc-js";
import engine from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import { toTerminalText } from "../../components/terminal-text.ts";

/** Reports something about a resource to the operator. The engine prints it with the resource. */
export type Report = (severity: "info" | "warning" | "error", urn: string, text: string) => void;

/** Reports to the engine at this address; undefined = nothing is reported. */
export function reportTo(address: string | undefined): Report {
  if (address === undefined) return () => undefined;
  const client = new engine.EngineClient(address, grpc.credentials.createInsecure());
  const { INFO, WARNING, ERROR } = messages.LogSeverity;
  const severities = { info: INFO, warning: WARNING, error: ERROR } as const;
  return (severity, urn, text) => {
    const request = new messages.LogRequest()
      .setSeverity(severities[severity])
      .setUrn(urn)
      .setMessage(toTerminalText(text));
    // A failed report must not stop the run.
    client.log(request, () => undefined);
  };
}
