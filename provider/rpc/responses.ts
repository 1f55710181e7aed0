import grpc from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import { messageOf } from "../../components/errors.ts";
import { toTerminalText } from "../../components/terminal-text.ts";
import {
  encodeProperties,
  hasSecret,
  isList,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
} from "./property-values.ts";
import { type Changes, type CheckFailure, PartialFailure } from "./resource-handler.ts";

const { ADD, DELETE, UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;
const kinds = { add: ADD, delete: DELETE, update: UPDATE, replace: UPDATE_REPLACE } as const;

/**
 * The checked inputs and all failures, in the engine's message.
 *
 * NOTE: for a failure with a property the engine prints the input's value, in clear even if it is secret
 * (issueCheckFailures in its step generator). So a failure has its property in the reason instead.
 */
export function toCheckResponse(
  inputs: PropertyMap,
  failures: readonly CheckFailure[],
): messages.CheckResponse {
  return new messages.CheckResponse()
    .setInputs(encodeProperties(inputs))
    .setFailuresList(
      failures.map(({ property, reason }) =>
        hasSecret(inputs[property.split(/[.[]/)[0] ?? ""] ?? null)
          ? new messages.CheckFailure().setReason(toTerminalText(`${property}: ${reason}`))
          : new messages.CheckFailure().setProperty(property).setReason(toTerminalText(reason)),
      ),
    );
}

/**
 * What a refresh found, in the engine's message. Previews print it, so control characters in values from others
 * are escaped. The program's own inputs stay as they are.
 */
export function toFoundState(
  found: PropertyMap,
  given: PropertyMap,
): ReturnType<typeof encodeProperties> {
  const own = new Set(listTexts(given));
  const show = (value: PropertyValue): PropertyValue => {
    if (typeof value === "string") return own.has(value) ? value : toTerminalText(value);
    if (isList(value)) return value.map(show);
    return isPropertyMap(value) ? showAll(value) : value;
  };
  const showAll = (values: PropertyMap): PropertyMap =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, show(value)]));
  return encodeProperties(showAll(found));
}

function listTexts(value: PropertyValue): string[] {
  if (typeof value === "string") return [value];
  if (isList(value)) return value.flatMap(listTexts);
  return isPropertyMap(value) ? Object.values(value).flatMap(listTexts) : [];
}

/**
 * The changes by property, in the engine's message, so that the preview shows each.
 *
 * @param state The resource's state. The engine compares a property that is not in it with the old inputs.
 */
export function toDiffResponse(changes: Changes, state: PropertyMap): messages.DiffResponse {
  const entries = Object.entries(changes);
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  const response = new messages.DiffResponse()
    .setChanges(entries.length === 0 ? DIFF_NONE : DIFF_SOME)
    // Pulumi's short form of a diff names whole properties, and leaves out what is not in this list.
    .setDiffsList([...new Set(entries.map(([path]) => toProperty(path)))])
    .setReplacesList(entries.filter(([, kind]) => kind === "replace").map(([path]) => path))
    .setHasdetaileddiff(true);
  const detailed = response.getDetaileddiffMap();
  for (const [path, kind] of entries) {
    const isInput = state[toProperty(path)] === undefined;
    detailed.set(path, new messages.PropertyDiff().setKind(kinds[kind]).setInputdiff(isInput));
  }
  return response;
}

/** `roles` for `roles.admin.grants`. */
function toProperty(path: string): string {
  return path.split(".", 1)[0] ?? path;
}

/**
 * The answer to a failed call: the message without a stack. A change that stopped halfway includes the
 * resource, in the form that the engine expects.
 */
export function toServiceError(error: unknown): Partial<grpc.StatusObject> {
  const details = toTerminalText(messageOf(error));
  const answer = { code: grpc.status.UNKNOWN, details };
  if (!(error instanceof PartialFailure)) return answer;
  const detail = new messages.ErrorResourceInitFailed()
    .setId(error.id)
    .setProperties(encodeProperties(error.state))
    .setReasonsList([details]);
  const packed = new any.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statuses.Status()
    .setCode(answer.code)
    .setMessage(details)
    .setDetailsList([packed]);
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { ...answer, metadata };
}
