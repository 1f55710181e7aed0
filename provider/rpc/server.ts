import grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { BerthError } from "../../components/errors.ts";
import { parseUrn } from "../../components/urn.ts";
import type { CallsUnderWay } from "./calls-under-way.ts";
import {
  decodeProperties,
  encodeProperties,
  type PropertyMap,
  toPlain,
} from "./property-values.ts";
import type { Changes, CheckFailure, ResourceHandler } from "./resource-handler.ts";
import { toCheckResponse, toDiffResponse, toFoundState, toServiceError } from "./responses.ts";
import { PROVIDER_SCHEMA, PROVIDER_VERSION } from "./schema.ts";

type Methods = Partial<IResourceProviderServer>;

/**
 * Berth's provider as a gRPC server: decodes each call and passes it to the handler of the resource's type.
 * Methods that are not here answer UNIMPLEMENTED.
 *
 * The SDK's own server (`provider/server.js` of @pulumi/pulumi 3.259) is not used, because it
 *
 * - does not read the arguments of Configure, so a provider never gets its configuration;
 * - answers UNIMPLEMENTED to CheckConfig and DiffConfig;
 * - answers Configure without `supportsPreview` and passes no `preview` flag to create and update;
 * - passes no old inputs to diff, update, read and delete, and does not know ignored changes;
 * - answers Diff without a detailed diff, so a preview cannot name what changes.
 */
export function createServer(
  handlers: readonly ResourceHandler[],
  calls: CallsUnderWay,
): grpc.Server {
  const find = toFind(handlers);
  const unary = toUnary(calls);
  // A manifest or a catalog may be larger than gRPC's default limit of 4 MB.
  const server = new grpc.Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  server.addService(provider.ResourceProviderService, {
    ...createProviderMethods(handlers, unary),
    ...createReadingMethods(find, unary),
    ...createChangingMethods(find, unary),
  });
  return server;
}

function createProviderMethods(handlers: readonly ResourceHandler[], unary: Unary) {
  return {
    handshake: unary(() =>
      new messages.ProviderHandshakeResponse().setAcceptSecrets(true).setAcceptResources(true),
    ),
    getSchema: unary(() => new messages.GetSchemaResponse().setSchema(PROVIDER_SCHEMA)),
    checkConfig: unary((request) => checkConfig(handlers, request)),
    // The configuration says how to connect. A change of it replaces no resource.
    diffConfig: unary((request) => {
      const old = decodeProperties(request.getOldInputs() ?? request.getOlds());
      return toDiffResponse(compareConfig(old, decodeProperties(request.getNews())), old);
    }),
    configure: unary(async (request) => {
      const config = decodeProperties(request.getArgs());
      for (const handler of handlers) await handler.configure?.(config);
      return new messages.ConfigureResponse()
        .setAcceptsecrets(true)
        .setAcceptresources(true)
        .setSupportspreview(true);
    }),
    invoke: unary((request) => {
      const [token, args] = [request.getTok(), decodeProperties(request.getArgs())];
      for (const handler of handlers) {
        const answer = handler.invoke?.(token, args);
        if (answer !== undefined) {
          return new messages.InvokeResponse().setReturn(encodeProperties(answer));
        }
      }
      throw new BerthError(`Berth's provider has no function ${token}`);
    }),
    cancel: unary(() => {
      for (const handler of handlers) handler.cancel?.();
      return new empty.Empty();
    }),
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(PROVIDER_VERSION)),
    attach: unary(() => new empty.Empty()),
  } satisfies Methods;
}

function checkConfig(
  handlers: readonly ResourceHandler[],
  request: InstanceType<typeof messages.CheckRequest>,
): InstanceType<typeof messages.CheckResponse> {
  const [urn, olds] = [request.getUrn(), decodeProperties(request.getOlds())];
  let inputs = decodeProperties(request.getNews());
  const failures: CheckFailure[] = [];
  for (const handler of handlers) {
    const checked = handler.checkConfig?.({ urn, olds, news: inputs });
    if (checked === undefined) continue;
    inputs = checked.inputs;
    failures.push(...checked.failures.map((reason) => ({ property: "", reason })));
  }
  return toCheckResponse(inputs, failures);
}

/** For `checkConfig` to compare with the next program. A new app does not change the provider. */
const notCompared: ReadonlySet<string> = new Set(["places"]);

/** Compares secrets as well. The result has names only, no values. */
function compareConfig(olds: PropertyMap, news: PropertyMap): Changes {
  const names = new Set([...Object.keys(olds), ...Object.keys(news)]);
  const isSame = (name: string): boolean =>
    JSON.stringify(toPlain(olds[name] ?? null)) === JSON.stringify(toPlain(news[name] ?? null));
  return Object.fromEntries(
    [...names]
      .filter((name) => !notCompared.has(name) && !isSame(name))
      .map((name) => [name, "update" as const]),
  );
}

type Find = (urn: string) => ResourceHandler;

function toFind(handlers: readonly ResourceHandler[]): Find {
  const byType = new Map(handlers.map((handler) => [handler.type, handler]));
  return (urn) => {
    const { type } = parseUrn(urn);
    const handler = byType.get(type);
    if (handler === undefined)
      throw new BerthError(`Berth's provider has no resource type ${type}`);
    return handler;
  };
}

function createReadingMethods(find: Find, unary: Unary) {
  return {
    check: unary(async (request) => {
      const [urn, olds] = [request.getUrn(), decodeProperties(request.getOlds())];
      const newInputs = decodeProperties(request.getNews());
      const oldInputs = Object.keys(olds).length === 0 ? undefined : olds;
      const checked = await find(urn).check?.({ urn, oldInputs, newInputs });
      return toCheckResponse(checked?.inputs ?? newInputs, checked?.failures ?? []);
    }),
    diff: unary(async (request) => {
      const change = toChange(request);
      const changes = await find(request.getUrn()).diff(change);
      const ignored = request.getIgnorechangesList();
      return toDiffResponse(
        Object.fromEntries(Object.entries(changes).filter(([path]) => !ignored.includes(path))),
        change.oldState,
      );
    }),
    read: unary(async (request) => {
      const handler = find(request.getUrn());
      const given = decodeProperties(request.getInputs());
      const found = await handler.read({
        id: request.getId(),
        urn: request.getUrn(),
        inputs: given,
        state: decodeProperties(request.getProperties()),
      });
      // An empty id means to the engine that the resource is gone.
      if (found === undefined) return new messages.ReadResponse();
      return new messages.ReadResponse()
        .setId(found.id)
        .setProperties(toFoundState(found.state, given))
        .setInputs(encodeProperties(found.inputs))
        .setRefreshBeforeUpdate(handler.refreshBeforeUpdate);
    }),
  } satisfies Methods;
}

function createChangingMethods(find: Find, unary: Unary) {
  return {
    create: unary(async (request) => {
      const handler = find(request.getUrn());
      const { id, state } = await handler.create({
        urn: request.getUrn(),
        inputs: decodeProperties(request.getProperties()),
        preview: request.getPreview(),
      });
      return new messages.CreateResponse()
        .setId(id)
        .setProperties(encodeProperties(state))
        .setRefreshBeforeUpdate(handler.refreshBeforeUpdate);
    }),
    update: unary(async (request) => {
      const handler = find(request.getUrn());
      const state = await handler.update({ ...toChange(request), preview: request.getPreview() });
      return new messages.UpdateResponse()
        .setProperties(encodeProperties(state))
        .setRefreshBeforeUpdate(handler.refreshBeforeUpdate);
    }),
    delete: unary(async (request) => {
      await find(request.getUrn()).delete({
        id: request.getId(),
        urn: request.getUrn(),
        inputs: decodeProperties(request.getOldInputs()),
        state: decodeProperties(request.getProperties()),
      });
      return new empty.Empty();
    }),
  } satisfies Methods;
}

function toChange(
  request: InstanceType<typeof messages.DiffRequest | typeof messages.UpdateRequest>,
) {
  return {
    id: request.getId(),
    urn: request.getUrn(),
    oldInputs: decodeProperties(request.getOldInputs()),
    oldState: decodeProperties(request.getOlds()),
    newInputs: decodeProperties(request.getNews()),
  };
}

type Unary = ReturnType<typeof toUnary>;

/** Makes a gRPC method from a function that returns the answer. */
function toUnary(calls: CallsUnderWay) {
  return <Request, Response>(
    answer: (request: Request) => Promise<Response> | Response,
  ): grpc.handleUnaryCall<Request, Response> =>
    (call, callback) => {
      const answered = Promise.resolve(call.request)
        .then(answer)
        .then(
          (response) => {
            callback(null, response);
          },
          (error: unknown) => {
            callback(toServiceError(error), null);
          },
        );
      calls.add(answered);
    };
}
