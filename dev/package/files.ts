/** What the code of the npm package reads beside it. The parts' go.mod say which versions `doctor` wants. */
export const besideCode = [
  "{components,provider,cli}/**/*.{lua,sql,css}",
  "cli/**/*.browser.js",
  "components/**/*.pod.mjs",
  "components/config/schema.json",
  "components/engine/*.cjs",
  "provider/pulumi-resource-berth",
  "provider/plugin/*",
  "policy/{PulumiPolicy.yaml,package.json,main.mjs}",
  "toolchain/go/*/go.mod",
] as const;
