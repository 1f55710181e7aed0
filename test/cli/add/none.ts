import type { AddArgs } from "../../../cli/add/args.ts";

/** No argument but the stack. */
export const none: AddArgs = {
  stack: "prod",
  file: undefined,
  into: undefined,
  json: false,
  app: undefined,
  preview: false,
  namespace: undefined,
  git: undefined,
  chart: undefined,
  repo: undefined,
  preset: undefined,
  chartVersion: undefined,
  logins: [],
};
