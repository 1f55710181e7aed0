import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules/", ".berth/", "coverage/", "dist/", "toolchain/go/"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: ["*.js", "cli/*.mjs", "dev/package/*.mjs", "toolchain/*.mjs"],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "max-lines": ["error", { max: 250, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 4],
      "@typescript-eslint/unbound-method": "off",
    },
  },
  {
    files: ["cli/**/*.ts", "dev/**/*.ts"],
    ignores: ["cli/print.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "CallExpression[callee.property.name='write'][callee.object.object.name='process']",
          message: "what others wrote may be in it; print.ts makes it fit for a terminal",
        },
      ],
    },
  },
  {
    files: ["components/**/*.ts"],
    ignores: ["components/config/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "ClassDeclaration[superClass.property.name='ComponentResource'] NewExpression[arguments.length=2][callee.property.name=/^[A-Z]/]",
          message: "a child of a component needs options with `parent: this`",
        },
      ],
    },
  },
  {
    files: ["test/**"],
    rules: {
      "max-lines-per-function": "off",
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.property.name='apply']",
          message: "an `apply` nobody awaits proves nothing; await the value",
        },
      ],
    },
  },
  { files: ["**/*.js", "**/*.mjs"], ...tseslint.configs.disableTypeChecked },
);
