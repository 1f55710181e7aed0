import tseslint from "typescript-eslint";

/** The one rule that oxlint.config.ts has no equal for. It takes longer than all others, so `.ci/run` runs it alone. */
export default tseslint.config(
  { ignores: [".berth/", "dist/"] },
  {
    files: ["**/*.ts"],
    plugins: { "@typescript-eslint": tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "off" },
    rules: { "@typescript-eslint/no-unsafe-class-instance-assignment": "error" },
  },
);
