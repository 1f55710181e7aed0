import type { AppDatabaseState } from "../../components/postgres/plan/app-properties.ts";
import { databasesOf, type Place, toPlace } from "../../components/postgres/plan/place.ts";
import type { Places } from "./retirement-check.ts";

/** Databases and roles of the app that a resource is of. */
export function placeOf({ database: { name, names = [name] }, roles }: AppDatabaseState): Place {
  const ofRoles = Object.values(roles).map((role) => role.name);
  return toPlace(names, ofRoles);
}

/**
 * Databases and roles that the program still declares. A delete must not touch them: the app may have been
 * renamed, moved to another database, or changed its provisioner.
 */
export class ProgramClaims {
  #byApp: Places = {};
  readonly #byUrn = new Map<string, Place>();

  /** All apps, from the provider's arguments. */
  setApps(places: Places): void {
    this.#byApp = places;
  }

  /** One app, when its resource is registered. */
  add(urn: string, place: Place): void {
    this.#byUrn.set(urn, place);
  }

  /** All roles of the program if the app is still in it; undefined = the app left. */
  rolesBeside(urn: string, app: string): ReadonlySet<string> | undefined {
    if (!this.has(urn, app)) return undefined;
    const places = [...this.#byUrn.values(), ...Object.values(this.#byApp)];
    return new Set(places.flatMap(({ roles }) => roles));
  }

  /** Whether the app still has the database, perhaps as another resource. */
  declares(app: string, database: string): boolean {
    const place = this.#byApp[app];
    return place !== undefined && databasesOf(place).includes(database);
  }

  /** Why a database must stay although its resource goes; undefined = no app of the program has it. */
  whyKept(urn: string, app: string, database: string): string | undefined {
    if (this.has(urn, app)) {
      return `app ${app} is still in the stack, so database "${database}", which it had until now, stays with all that it holds; drop it by hand if nobody needs it`;
    }
    if (this.#others(urn, app).some((place) => databasesOf(place).includes(database))) {
      return `database "${database}" of app ${app} belongs to another app of the stack now, and stays`;
    }
    return undefined;
  }

  /** Whether another app of the program has a role of this name. */
  isNeeded(urn: string, app: string, role: string): boolean {
    return this.#others(urn, app).some((place) => place.roles.includes(role));
  }

  has(urn: string, app: string): boolean {
    return this.#byUrn.has(urn) || this.#byApp[app] !== undefined;
  }

  #others(urn: string, app: string): Place[] {
    return [
      ...[...this.#byUrn].filter(([other]) => other !== urn),
      ...Object.entries(this.#byApp).filter(([other]) => other !== app),
    ].map(([, place]) => place);
  }
}
