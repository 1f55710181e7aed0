/**
 * Why somebody should look at a statement before it runs: it drops something, gives what a role owns to another
 * role, or gives access to what is there already.
 */
export type Risk = "drop" | "reown" | "access";

export const risks: readonly Risk[] = ["drop", "reown", "access"];
