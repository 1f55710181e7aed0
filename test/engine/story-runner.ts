import { type RunnerTestCase, type RunnerTestSuite, TestRunner } from "vitest";

/**
 * A run of Pulumi takes seconds, so the tests of an engine or cluster file are steps of a story. This runner lets each
 * of them run alone and in any order: before a step it runs those above it that have not run yet. A `describe` with
 * hooks of its own is a story of its own. Hooks for each test say that every test starts anew: then nothing runs before.
 *
 * @see https://vitest.dev/config/runner
 */
export default class StoryRunner extends TestRunner {
  readonly #runs = new Map<RunnerTestCase, Promise<void>>();

  async runTask(test: RunnerTestCase): Promise<void> {
    const steps = listSteps(findStory(test));
    for (const step of steps.slice(0, steps.indexOf(test))) {
      if (step.mode === "run" || this.config.testNamePattern !== undefined) await this.#try(step);
    }
    await this.#runOnce(test);
  }

  /** A step that fails says so in its own turn. One that -t leaves out has none, so the test after it fails. */
  async #try(step: RunnerTestCase): Promise<void> {
    try {
      await this.#runOnce(step);
    } catch (cause) {
      if (step.mode === "skip") throw new Error(`failed before it: ${step.fullName}`, { cause });
    }
  }

  #runOnce(test: RunnerTestCase): Promise<void> {
    const run = this.#runs.get(test) ?? Promise.resolve(TestRunner.getTestFn(test)());
    this.#runs.set(test, run);
    return run;
  }
}

function findStory(test: RunnerTestCase): RunnerTestSuite {
  let suite = test.suite ?? test.file;
  while (suite !== test.file && !isStory(suite)) suite = suite.suite ?? test.file;
  return suite;
}

/** None if every test starts anew. */
function listSteps(suite: RunnerTestSuite): RunnerTestCase[] {
  if (hasHooksForEach(suite)) return [];
  return suite.tasks.flatMap((task) => {
    if (task.type === "test") return [task];
    return isStory(task) ? [] : listSteps(task);
  });
}

function isStory(suite: RunnerTestSuite): boolean {
  return TestRunner.getSuiteHooks(suite).beforeAll.length > 0 || hasHooksForEach(suite);
}

function hasHooksForEach(suite: RunnerTestSuite): boolean {
  const { beforeEach, afterEach } = TestRunner.getSuiteHooks(suite);
  // Each file has those of on-failure.ts.
  const ofSetup = suite === suite.file ? 1 : 0;
  return Math.max(beforeEach.length, afterEach.length) > ofSetup;
}
