// Package provider maps the Terraform provider for 1Password onto the names that the npm package
// @1password/pulumi-onepassword uses, so that its functions find their implementation here.
package provider

import (
	"github.com/1Password/terraform-provider-onepassword/v2/providerlink"
	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
)

// Name is the package name in every type token: onepassword:index/getItem:getItem.
const Name = "onepassword"

// Info describes the provider at the given version, without a leading v.
func Info(version string) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           pf.ShimProvider(providerlink.New(version)()),
		Name:        Name,
		DisplayName: "1Password",
		Version:     version,
		License:     "Apache-2.0",
		Repository:  "https://github.com/1Password/pulumi-onepassword",
		GitHubOrg:   "1Password",
		// Bridged providers of this kind insist on metadata; it records renames between releases, of
		// which this one has none.
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Config: map[string]*tfbridge.SchemaInfo{
			"url":                   fromEnvironment("OP_CONNECT_HOST"),
			"token":                 fromEnvironment("OP_CONNECT_TOKEN"),
			"service_account_token": fromEnvironment("OP_SERVICE_ACCOUNT_TOKEN"),
			"account":               fromEnvironment("OP_ACCOUNT"),
			"op_cli_path":           fromEnvironment("OP_CLI_PATH"),
		},
	}
	info.MustComputeTokens(tokens.SingleModule(Name+"_", "index", tokens.MakeStandard(Name)))
	return info
}

// fromEnvironment makes a variable the default of a setting, as the npm package documents it.
func fromEnvironment(variable string) *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{EnvVars: []string{variable}}}
}
