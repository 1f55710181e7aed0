import { lauxlib, lua, lualib, to_luastring } from "fengari";

/** Runs a health check as Argo CD does: the object is the global `obj`, and the answer is a table. */
export function runHealthCheck(
  code: string,
  object: unknown,
): { readonly status: string | null; readonly message: string | null } {
  const state = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(state);
  push(state, object);
  lua.lua_setglobal(state, to_luastring("obj"));
  if (lauxlib.luaL_dostring(state, to_luastring(code)) !== 0) {
    throw new Error(lua.lua_tojsstring(state, -1) ?? "Lua failed");
  }
  const read = (key: string): string | null => {
    lua.lua_getfield(state, -1, to_luastring(key));
    const value = lua.lua_tojsstring(state, -1);
    lua.lua_pop(state, 1);
    return value;
  };
  return { status: read("status"), message: read("message") };
}

function push(state: unknown, value: unknown): void {
  if (typeof value === "string") lua.lua_pushstring(state, to_luastring(value));
  else if (typeof value === "number") lua.lua_pushnumber(state, value);
  else if (typeof value === "boolean") lua.lua_pushboolean(state, value);
  else if (typeof value !== "object" || value === null) lua.lua_pushnil(state);
  else pushTable(state, value);
}

function pushTable(state: unknown, value: object): void {
  lua.lua_newtable(state);
  for (const [key, inner] of Object.entries(value)) {
    push(state, inner);
    if (Array.isArray(value)) lua.lua_seti(state, -2, Number(key) + 1);
    else lua.lua_setfield(state, -2, to_luastring(key));
  }
}
