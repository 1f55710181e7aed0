/**
 * vitest's options for another order of files and of the tests in them, once in each full run. With a fixed seed a
 * failure in CI is the same failure here.
 */
export const otherOrder = ["--sequence.shuffle", "--sequence.seed=1"];
