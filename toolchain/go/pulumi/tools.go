//go:build tools

// Package tools pins the pulumi CLI: go.mod names its version, go.sum its content,
// and this import keeps `go mod tidy` from dropping it.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
