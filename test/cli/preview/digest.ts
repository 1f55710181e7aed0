import type { Digest, Step } from "../../../cli/preview/digest.ts";
import {
  formatStatements,
  type LabelledStatement,
} from "../../../components/postgres/statements/labels.ts";

/** What `pulumi preview --json` says, in the form in which Pulumi says it. */

const project = "urn:pulumi:prod::berth::";

/** A resource that changes. */
export function step(op: string, type: string, name: string, more: Partial<Step> = {}): Step {
  return { op, urn: `${project}${type}::${name}`, ...more };
}

export function database(op: string, app: string, more: Partial<Step> = {}): Step {
  const state = { type: "berth:postgres:AppDatabase", inputs: { app, database: { name: app } } };
  return step(op, state.type, app, {
    ...(op === "create" ? {} : { oldState: state }),
    ...(op === "delete" ? {} : { newState: state }),
    ...more,
  });
}

export function file(op: string, app: string, path: string): Step {
  const delivery = "berth:delivery:AppDelivery";
  const state = {
    type: "berth:index:ManifestFile",
    inputs: { path },
    parent: `${project}${delivery}::${app}`,
  };
  return step(op, `${delivery}$${state.type}`, `${app}.${path}`, {
    [op === "delete" ? "oldState" : "newState"]: state,
  });
}

export function says(
  app: string | undefined,
  message: string,
  severity = "warning",
): Digest["diagnostics"][number] {
  const type = app === undefined ? "pulumi:providers:berth" : "berth:postgres:AppDatabase";
  const urn = `${project}${type}::${app ?? "berth"}`;
  return { urn, message: `${severity === "info" ? "" : `${severity}: `}${message}\n`, severity };
}

export function shows(app: string, ...statements: readonly LabelledStatement[]) {
  return says(app, formatStatements(`app ${app}`, statements), "info");
}
