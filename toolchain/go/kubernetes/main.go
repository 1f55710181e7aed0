// The Pulumi provider plugin for Kubernetes, as the npm package @pulumi/kubernetes expects it.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

// version is set by the linker: the version of the npm package this plugin is to serve.
var version = "0.0.0"

// Both files are 8 MB together and come with the provider's module: the build takes them from there,
// so they are not in the tree.
var (
	//go:embed schema.json
	schema []byte
	//go:embed terraform-mapping.json
	terraformMapping []byte
)

func main() {
	provider.Serve("kubernetes", version, schema, terraformMapping)
}
