import { z } from "zod";
import { BerthError, toOneError } from "../../components/errors.ts";
import type { PostgresServer } from "../../components/postgres/server/postgres-server.ts";
import {
  decideVaultGrant,
  grantToVault,
  revokeFromVault,
} from "../../components/postgres/server/vault-login.ts";
import { formatStatements, labelStatements } from "../../components/postgres/statements/labels.ts";
import { type PropertyMap, toPlain } from "../rpc/property-values.ts";
import type { RunContext } from "../rpc/refusals.ts";
import {
  type Changes,
  type Checked,
  type CheckRequest,
  type Created,
  type CreateRequest,
  type DiffRequest,
  type ResourceHandler,
  requireKnown,
  type StoredResource,
  type UpdateRequest,
} from "../rpc/resource-handler.ts";

const what = "a VaultGrant";
const schema = z.object({ app: z.string(), login: z.string(), owner: z.string() });
type VaultGrant = z.infer<typeof schema>;

interface Run extends RunContext {
  readonly server: () => PostgresServer;
}

/**
 * `berth:postgres:VaultGrant`: that Vault's own login may make logins as members of an app's owner role. The live
 * server decides: create finds a membership that is there, and delete takes back only what the admin granted.
 */
export class VaultGrantHandler implements ResourceHandler {
  readonly type = "berth:postgres:VaultGrant";
  readonly refreshBeforeUpdate = false;
  readonly #run: Run;
  /** The grant of each resource of the program, by URN. An app may have another name by now, and the same roles. */
  readonly #declared = new Map<string, VaultGrant>();

  constructor(run: Run) {
    this.#run = run;
  }

  configure(): void {
    this.#declared.clear();
  }

  check({ urn, newInputs: inputs }: CheckRequest): Promise<Checked> {
    const grant = parse(inputs);
    if (grant !== undefined) this.#declared.set(urn, grant);
    return Promise.resolve({ inputs, failures: [] });
  }

  async diff({ oldInputs, newInputs }: DiffRequest): Promise<Changes> {
    const grant = parse(newInputs);
    if (grant === undefined) return { owner: "update" };
    const names = ["app", "login", "owner"].filter((name) => oldInputs[name] !== newInputs[name]);
    if (names.length > 0) {
      return Object.fromEntries(
        names.map((name) => [name, name === "app" ? "update" : "replace"] as const),
      );
    }
    const found = await this.#decide(grant);
    const isSame = found === undefined || found.problems.length + found.actions.length === 0;
    return isSame ? {} : { owner: "update" };
  }

  async create({ urn, inputs, preview }: CreateRequest): Promise<Created> {
    const grant = parse(inputs);
    await this.#change(urn, grant, preview);
    return { id: grant === undefined ? "" : `${grant.login}/${grant.owner}`, state: inputs };
  }

  async read(resource: StoredResource): Promise<StoredResource | undefined> {
    const grant = parse(resource.inputs) ?? parse(resource.state);
    if (grant === undefined) {
      throw new BerthError(`${resource.id} needs no import`, {
        hint: "run pulumi up: it finds a membership that is there",
      });
    }
    const found = await this.#decide(grant);
    return found === undefined || found.isMember ? resource : undefined;
  }

  async update({ urn, newInputs, preview }: UpdateRequest): Promise<PropertyMap> {
    await this.#change(urn, parse(newInputs), preview);
    return newInputs;
  }

  async delete(resource: StoredResource): Promise<void> {
    const grant = requireKnown(parse(resource.inputs) ?? parse(resource.state), what);
    const isOfOther = [...this.#declared].some(
      ([urn, { login, owner }]) =>
        urn !== resource.urn && login === grant.login && owner === grant.owner,
    );
    if (isOfOther) return;
    for (const note of await revokeFromVault(this.#run.server(), grant)) {
      this.#run.report("warning", resource.urn, note);
    }
  }

  async #change(urn: string, grant: VaultGrant | undefined, preview: boolean): Promise<void> {
    if (preview) await this.#preview(urn, grant);
    else await grantToVault(this.#run.server(), requireKnown(grant, what));
  }

  async #preview(urn: string, grant: VaultGrant | undefined): Promise<void> {
    const found = await this.#decide(grant);
    if (grant === undefined || found === undefined) return;
    const { report, refusals, server } = this.#run;
    if (found.problems.length > 0) {
      refusals.refuse(urn, `app ${grant.app}`, toOneError("Postgres", found.problems));
    } else if (found.actions.length > 0) {
      const labelled = labelStatements(found.actions, server().config.ownershipRole);
      report("info", urn, formatStatements(`app ${grant.app}`, labelled));
    }
  }

  /** undefined = the run is offline, or a value is not known yet. */
  async #decide(grant: VaultGrant | undefined) {
    const { server, isOffline } = this.#run;
    if (grant === undefined || isOffline) return undefined;
    const { catalog } = await server().inspectStack();
    return decideVaultGrant(grant, catalog, server().config);
  }
}

/** undefined = a value is not known yet, as in some previews. */
function parse(properties: PropertyMap): VaultGrant | undefined {
  return schema.safeParse(toPlain(properties)).data;
}
