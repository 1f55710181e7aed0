// The Pulumi provider plugin for HashiCorp Vault, serving the resources of the npm package
// @pulumi/vault from the Terraform provider hashicorp/vault.
package main

import (
	_ "embed"

	"berth/toolchain/vault/provider"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// version is set by the linker: the version of the npm package this plugin is to serve.
var version = "0.0.0"

// schema.json is written by the program in ./schema during the build and is not in the tree.
//
//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main(provider.Name, version, provider.Info(version), schema)
}
