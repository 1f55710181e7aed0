import { BerthError } from "../../components/errors.ts";
import type { PropertyMap } from "./property-values.ts";

/** An input that is wrong, by the path the program's author knows it. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** How one property changes. `replace` means that the resource has to be made anew for it. */
export type ChangeKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "replace";

/** The changed properties, by path. Empty = no change. */
export type Changes = Readonly<Record<string, ChangeKind>>;

/** The inputs a program gave, before they are trusted. */
export interface CheckRequest {
  readonly urn: string;
  /** undefined = the resource is not in state yet. */
  readonly oldInputs: PropertyMap | undefined;
  readonly newInputs: PropertyMap;
}

/** What is in state against what is wanted. */
export interface DiffRequest {
  readonly id: string;
  readonly urn: string;
  readonly oldInputs: PropertyMap;
  readonly oldState: PropertyMap;
  readonly newInputs: PropertyMap;
}

/** A resource to be made. In a preview nothing may be touched. */
export interface CreateRequest {
  readonly urn: string;
  readonly inputs: PropertyMap;
  readonly preview: boolean;
}

/** A resource to be changed in place. In a preview nothing may be touched. */
export interface UpdateRequest extends DiffRequest {
  readonly preview: boolean;
}

/** A resource as state has it; in an import there is only the id. */
export interface StoredResource {
  readonly id: string;
  readonly urn: string;
  readonly inputs: PropertyMap;
  readonly state: PropertyMap;
}

/**
 * A change that stopped halfway, after something of it took effect. The engine then keeps the resource,
 * with what is told here, and comes back to it in the next run; after any other error it would forget
 * one that it was just making.
 */
export class PartialFailure extends BerthError {
  readonly id: string;
  readonly state: PropertyMap;

  constructor(reason: string, resource: { readonly id: string; readonly state: PropertyMap }) {
    super(reason);
    this.id = resource.id;
    this.state = resource.state;
  }
}

/**
 * One resource type of the provider. The server translates the engine's messages, so a handler sees
 * plain values only; what it throws reaches the operator as its bare message.
 */
export interface ResourceHandler {
  /** Type token, such as `berth:index:ManifestFile`. */
  readonly type: string;
  /** Has the engine read the resource before each `up` and preview, so that drift shows in the diff. */
  readonly refreshBeforeUpdate: boolean;
  /** Called with the provider's configuration before the program's, if it runs one, is put into force. */
  checkConfig?(request: {
    readonly urn: string;
    readonly olds: PropertyMap;
    readonly news: PropertyMap;
  }): { readonly inputs: PropertyMap; readonly failures: readonly string[] };
  /** Called at the start of a run with the provider's configuration. */
  configure?(config: PropertyMap): Promise<void> | void;
  check(
    request: CheckRequest,
  ): Promise<{ readonly inputs: PropertyMap; readonly failures: readonly CheckFailure[] }>;
  diff(request: DiffRequest): Promise<Changes>;
  create(request: CreateRequest): Promise<{ readonly id: string; readonly state: PropertyMap }>;
  /** undefined = the resource is gone. */
  read(resource: StoredResource): Promise<StoredResource | undefined>;
  update(request: UpdateRequest): Promise<PropertyMap>;
  delete(resource: StoredResource): Promise<void>;
  /** The operator stops the run: end at the next point from which it can go on later. */
  cancel?(): void;
  /** The process is about to end; calls under way had their time. It may also end without this. */
  close?(): Promise<void>;
}
