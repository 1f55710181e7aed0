// The Pulumi provider plugin for 1Password, serving the functions and resources of the npm package
// @1password/pulumi-onepassword from the Terraform provider 1Password/onepassword.
package main

import (
	"context"
	_ "embed"

	"berth/toolchain/onepassword/provider"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
)

// version is set by the linker: the version of the npm package this plugin is to serve.
var version = "0.0.0"

// schema.json is written by the program in ./schema during the build and is not in the tree.
//
//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main(context.Background(), provider.Name, provider.Info(version),
		tfbridge.ProviderMetadata{PackageSchema: schema})
}
