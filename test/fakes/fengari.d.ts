/** What the tests use of fengari, a Lua in JavaScript, which has no types of its own. */
declare module "fengari" {
  type State = unknown;
  export const lua: {
    lua_newtable(state: State): void;
    lua_pushnil(state: State): void;
    lua_pushboolean(state: State, value: boolean): void;
    lua_pushnumber(state: State, value: number): void;
    lua_pushstring(state: State, value: Uint8Array): void;
    lua_setglobal(state: State, name: Uint8Array): void;
    lua_getfield(state: State, index: number, key: Uint8Array): void;
    lua_setfield(state: State, index: number, key: Uint8Array): void;
    lua_seti(state: State, index: number, key: number): void;
    lua_tojsstring(state: State, index: number): string | null;
    lua_pop(state: State, count: number): void;
  };
  export const lauxlib: {
    luaL_newstate(): State;
    luaL_dostring(state: State, text: Uint8Array): number;
  };
  export const lualib: { luaL_openlibs(state: State): void };
  export function to_luastring(text: string): Uint8Array;
}
