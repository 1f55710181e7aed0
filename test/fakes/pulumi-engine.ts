import * as pulumi from "@pulumi/pulumi";

/** A resource as the program registered it, with what the engine would do about it. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  /** `type::name`; absent at the top. */
  readonly parent?: string;
  /** `type::name`. */
  readonly provider?: string;
  /** Plain values; what was secret is listed in `secrets`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Paths of inputs that were marked secret, such as `password`. */
  readonly secrets: readonly string[];
  readonly dependsOn: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly import?: string;
}

/** Answers of provider functions, by token. */
export type Functions = Readonly<Record<string, (args: Inputs) => Inputs>>;

type Inputs = Readonly<Record<string, unknown>>;

/** Every type that Berth may register; another one is a mistake. */
const knownTypes = [
  "pulumi:pulumi:Stack",
  "pulumi:providers:berth",
  "pulumi:providers:onepassword",
  "pulumi:providers:postgresql",
  "postgresql:index/role:Role",
  "postgresql:index/database:Database",
  "postgresql:index/grant:Grant",
  "postgresql:index/grantRole:GrantRole",
  "postgresql:index/defaultPrivileges:DefaultPrivileges",
  "berth:index:ManifestFile",
  "berth:postgres:AppDatabase",
  "berth:postgres:StockDatabase",
  "berth:delivery:AppDelivery",
  "berth:delivery:ClusterDelivery",
  "pulumi:providers:kubernetes",
  "kubernetes:core/v1:Namespace",
  "kubernetes:core/v1:ServiceAccount",
  "kubernetes:core/v1:ConfigMap",
  "kubernetes:batch/v1:Job",
  "kubernetes:onepassword.com/v1:OnePasswordItem",
  "kubernetes:argoproj.io/v1alpha1:Application",
  "kubernetes:external-secrets.io/v1:ExternalSecret",
  "kubernetes:external-secrets.io/v1:ClusterSecretStore",
];

/** A request to register, as far as the recorder reads it. */
interface RegisterRequest {
  getParent(): string;
  getProvider(): string;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
  getImportid(): string;
}

interface Monitor {
  registerResource(request: RegisterRequest, answer: unknown): unknown;
}

/** Stands in for the Pulumi engine and writes down what a program asks of it. One for a test file. */
export class PulumiEngine {
  readonly #registrations: Registration[] = [];
  readonly #failures: string[] = [];
  readonly #functions: Functions;
  #request: RegisterRequest | undefined;

  constructor(functions: Functions = {}) {
    this.#functions = functions;
  }

  /** Takes the engine's place for the rest of the process. */
  async start(run: { readonly stack?: string; readonly preview?: boolean } = {}): Promise<void> {
    const isPreview = run.preview ?? false;
    await pulumi.runtime.setMocks(
      {
        newResource: (args) => this.#register(args, isPreview),
        call: ({ token, inputs }) => this.#call(token, inputs as Inputs),
      },
      "berth",
      run.stack ?? "prod",
      isPreview,
      "organization",
    );
    // Mocks are shown the inputs only; the options are in the request.
    const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, answer) => {
      this.#request = request;
      return register(request, answer);
    };
  }

  /** Waits until nothing is in flight; what was registered since the last time, in that order. */
  async settleInOrder(): Promise<readonly Registration[]> {
    const { waitForRPCs } = pulumi.runtime as unknown as { waitForRPCs: () => Promise<void> };
    await waitForRPCs();
    if (this.#failures.length > 0) throw new Error(this.#failures.join("\n"));
    return this.#registrations.splice(0);
  }

  /** The same, sorted by type and name. */
  async settle(): Promise<readonly Registration[]> {
    return (await this.settleInOrder()).toSorted(byTypeAndName);
  }

  #register(args: pulumi.runtime.MockResourceArgs, isPreview: boolean) {
    const request = this.#request;
    if (request === undefined) throw new Error("a resource came without a request");
    if (!knownTypes.includes(args.type)) {
      this.#failures.push(`${args.name}: the fake engine knows no type ${args.type}`);
    }
    const secrets: string[] = [];
    const parent = shortenUrn(request.getParent());
    const provider = shortenUrn(request.getProvider());
    this.#registrations.push({
      type: args.type,
      name: args.name,
      ...(parent === "" ? {} : { parent }),
      ...(provider === "" ? {} : { provider }),
      inputs: unwrap(args.inputs, "", secrets) as Inputs,
      secrets: secrets.sort(),
      dependsOn: request.getDependenciesList().map(shortenUrn).sort(),
      ignoreChanges: request.getIgnorechangesList(),
      protect: request.getProtect() ?? false,
      retainOnDelete: request.getRetainondelete() ?? false,
      ...(request.getImportid() === "" ? {} : { import: request.getImportid() }),
    });
    const id = isPreview || args.custom !== true ? undefined : `${args.name}-id`;
    return { id, state: args.inputs as Record<string, unknown> };
  }

  #call(token: string, inputs: Inputs): Inputs {
    const answer = this.#functions[token];
    if (answer === undefined) throw new Error(`the fake engine knows no function ${token}`);
    try {
      return answer(inputs);
    } catch (error) {
      // The SDK takes an engine's reason from `details`, as gRPC gives it.
      const details = error instanceof Error ? error.message : String(error);
      throw Object.assign(new Error(details), { details });
    }
  }
}

/** What an output comes to; `promise` is there at run time and absent from the typings. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise: () => Promise<T> }).promise();
}

/** A reference to a resource in short: `urn:pulumi:prod::berth::a$b::name` → `b::name`. */
function shortenUrn(urn: string): string {
  const [type, name] = urn.split("::").slice(2);
  return type === undefined || name === undefined ? "" : `${type.split("$").at(-1) ?? ""}::${name}`;
}

/** Key and value that mark a secret on the wire (sdk/nodejs/runtime/rpc.ts). */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

function unwrap(value: unknown, path: string, secrets: string[]): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => unwrap(item, `${path}[${String(index)}]`, secrets));
  }
  if (typeof value !== "object" || value === null) return value;
  const record = value as Inputs;
  if (record[signature] === secretSignature) {
    secrets.push(path);
    return unwrap(record["value"], path, secrets);
  }
  return Object.fromEntries(
    Object.entries(record)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, unwrap(item, path === "" ? key : `${path}.${key}`, secrets)]),
  );
}

function byTypeAndName(a: Registration, b: Registration): number {
  const [left, right] = [`${a.type}::${a.name}`, `${b.type}::${b.name}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
