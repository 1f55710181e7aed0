import { BerthError, messageOf } from "../../components/errors.ts";
import type { PropertyMap } from "./property-values.ts";

/** A wrong input, by the path that the program's author knows. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** How one property changes. `replace` means that the resource must be replaced. */
export type ChangeKind = "add" | "delete" | "update" | "replace";

/** The changed properties, by path. Empty = no change. */
export type Changes = Readonly<Record<string, ChangeKind>>;

export interface CheckRequest {
  readonly urn: string;
  /** undefined = the resource is not in state yet. */
  readonly oldInputs: PropertyMap | undefined;
  readonly newInputs: PropertyMap;
}

/** The inputs for state, and what is wrong with them. */
export interface Checked {
  readonly inputs: PropertyMap;
  readonly failures: readonly CheckFailure[];
}

export interface DiffRequest {
  readonly id: string;
  readonly urn: string;
  readonly oldInputs: PropertyMap;
  readonly oldState: PropertyMap;
  readonly newInputs: PropertyMap;
}

/** A resource to create. In a preview nothing may be changed. */
export interface CreateRequest {
  readonly urn: string;
  readonly inputs: PropertyMap;
  readonly preview: boolean;
}

export interface Created {
  readonly id: string;
  readonly state: PropertyMap;
}

/** A resource to update. In a preview nothing may be changed. */
export interface UpdateRequest extends DiffRequest {
  readonly preview: boolean;
}

/** A resource in state. In an import there is only the id. */
export interface StoredResource {
  readonly id: string;
  readonly urn: string;
  readonly inputs: PropertyMap;
  readonly state: PropertyMap;
}

/**
 * A change that stopped after something took effect. The engine then keeps the resource with this state, and
 * the next run continues. After any other error the engine forgets a resource that it was creating.
 */
export class PartialFailure extends BerthError {
  readonly id: string;
  readonly state: PropertyMap;

  constructor(cause: unknown, resource: Created) {
    const { problems = [] } = cause instanceof BerthError ? cause : {};
    super(messageOf(cause), { cause, problems });
    this.id = resource.id;
    this.state = resource.state;
  }
}

/** The inputs of `an AppDatabase` or another resource in a run that changes something: all must be known. */
export function requireKnown<T>(inputs: T | undefined, what: string): T {
  if (inputs !== undefined) return inputs;
  throw new BerthError(`${what} reached up with unknown inputs`);
}

/**
 * One resource type of the provider. The server decodes the engine's messages, so a handler has plain values
 * only. Of a thrown error the operator sees the message.
 */
export interface ResourceHandler {
  /** Type token, such as `berth:index:ManifestFile`. */
  readonly type: string;
  /** Whether the engine reads the resource before each `up` and preview, so that drift is in the diff. */
  readonly refreshBeforeUpdate: boolean;
  /** Called with the provider's new arguments before `configure`, if a program runs. */
  checkConfig?(request: {
    readonly urn: string;
    readonly olds: PropertyMap;
    readonly news: PropertyMap;
  }): { readonly inputs: PropertyMap; readonly failures: readonly string[] };
  /** Called at the start of a run with the provider's configuration. */
  configure?(config: PropertyMap): Promise<void> | void;
  /** Answers a function of the package; undefined = it is not this handler's. */
  invoke?(token: string, args: PropertyMap): PropertyMap | undefined;
  /** Without it all inputs are right. */
  check?(request: CheckRequest): Promise<Checked>;
  diff(request: DiffRequest): Promise<Changes>;
  create(request: CreateRequest): Promise<Created>;
  /** undefined = the resource is gone. */
  read(resource: StoredResource): Promise<StoredResource | undefined>;
  update(request: UpdateRequest): Promise<PropertyMap>;
  delete(resource: StoredResource): Promise<void>;
  /** The operator stops the run. End at the next point from which a later run can continue. */
  cancel?(): void;
  /** The process is about to end, after running calls had their time. It may also end without this call. */
  close?(): Promise<void>;
}
