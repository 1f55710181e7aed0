/** vitest's options for another order, once in each full run. With a fixed seed a failure in CI is the same failure here. */
const seed = "--sequence.seed=1";

/** Of files and of the tests in them. */
export const otherOrder = ["--sequence.shuffle", seed];

/** Of files alone: the tests of an engine or cluster file may be steps of one story. */
export const otherOrderOfFiles = ["--sequence.shuffle.files", seed];
