// Prints the Pulumi schema of the provider. The build runs it and embeds what it prints.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"berth/toolchain/vault/provider"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// version is set by the linker, as in the plugin.
var version = "0.0.0"

func main() {
	sink := diag.DefaultSink(io.Discard, os.Stderr, diag.FormatOptions{Color: colors.Never})
	result, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo:    provider.Info(version),
		DiagnosticsSink: sink,
		XInMemoryDocs:   true,
	})
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result.PackageSpec)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot generate the schema:", err)
		os.Exit(1)
	}
}
