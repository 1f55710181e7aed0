// Pulumi.yaml loads this file before anything else (`--require`), so an old Node can still run it.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Berth needs Node 22.18 or newer; this is ${process.versions.node} (${process.execPath})\n` +
      "  fix: put a newer Node first on PATH, such as the one that npm ci brings: export PATH=$PWD/node_modules/node/bin:$PATH\n",
  );
  process.exit(1);
}
