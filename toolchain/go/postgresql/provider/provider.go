// Package provider maps the Terraform provider for PostgreSQL onto the names that the npm package
// @pulumi/postgresql uses, so that its resources find their implementation here.
package provider

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/terraform-providers/terraform-provider-postgresql/postgresql"
)

// Name is the package name in every type token: postgresql:index/role:Role.
const Name = "postgresql"

// The Terraform provider pools 20 connections a database and waits 180 s for a server that does not
// answer. Users set both; the default is the upstream one so that a stack sees no difference.
const connectTimeoutSeconds = 180

// Info describes the provider at the given version, without a leading v.
func Info(version string) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           shim.NewProvider(postgresql.Provider()),
		Name:        Name,
		DisplayName: "PostgreSQL",
		Version:     version,
		License:     "Apache-2.0",
		Repository:  "https://github.com/pulumi/pulumi-postgresql",
		GitHubOrg:   "cyrilgdn",
		Config: map[string]*tfbridge.SchemaInfo{
			"sslmode": {Default: &tfbridge.DefaultInfo{EnvVars: []string{"PGSSLMODE"}}},
			"connect_timeout": {Default: &tfbridge.DefaultInfo{
				Value:   connectTimeoutSeconds,
				EnvVars: []string{"PGCONNECT_TIMEOUT"},
			}},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			// Two grants on one object are one ACL entry: made before the old one is gone, the
			// deletion of the old one would take the new one with it.
			"postgresql_grant": {DeleteBeforeReplace: true},
		},
	}
	info.MustComputeTokens(tokens.SingleModule(Name+"_", "index", tokens.MakeStandard(Name)))
	// DefaultPrivileges was once named DefaultPrivileg; the npm package still offers both.
	info.RenameResourceWithAlias("postgresql_default_privileges",
		"postgresql:index/defaultPrivileg:DefaultPrivileg",
		"postgresql:index/defaultPrivileges:DefaultPrivileges",
		"index", "index", nil)
	info.SetAutonaming(255, "-")
	return info
}
