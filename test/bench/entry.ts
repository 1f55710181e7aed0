/** Every app of the bench: two login roles, a database, seven grants. */
export const entry = { roles: { rw: { profile: "readwrite" } } };
