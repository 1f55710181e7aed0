// Package provider maps the Terraform provider for Vault onto the names that the npm package @pulumi/vault
// uses, so that its resources find their implementation here.
package provider

import (
	"github.com/hashicorp/terraform-provider-vault/vault"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// Name is the package name in every type token: vault:index/policy:Policy.
const Name = "vault"

// The modules of the npm package that Berth's resources are in. What is in none of them is in `index`.
var modules = []string{"database_", "generic_", "identity_", "jwt_", "kubernetes_", "transit_"}

// As in the npm package: a token of the provider lives for twenty minutes.
const maxLeaseSeconds = 1200

// Info describes the provider at the given version, without a leading v.
func Info(version string) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           shim.NewProvider(vault.Provider()),
		Name:        Name,
		DisplayName: "HashiCorp Vault",
		Version:     version,
		License:     "Apache-2.0",
		Repository:  "https://github.com/pulumi/pulumi-vault",
		GitHubOrg:   "hashicorp",
		Config: map[string]*tfbridge.SchemaInfo{
			"skip_tls_verify": {Default: &tfbridge.DefaultInfo{EnvVars: []string{"VAULT_SKIP_VERIFY"}}},
			"max_lease_ttl_seconds": {Default: &tfbridge.DefaultInfo{
				Value:   maxLeaseSeconds,
				EnvVars: []string{"TERRAFORM_VAULT_MAX_TTL"},
			}},
			"max_retries": {Default: &tfbridge.DefaultInfo{
				Value:   2,
				EnvVars: []string{"VAULT_MAX_RETRIES"},
			}},
		},
	}
	info.MustComputeTokens(tokens.KnownModules(Name+"_", "index", modules, tokens.MakeStandard(Name)))
	info.SetAutonaming(255, "-")
	return info
}
