module berth/toolchain/crds

go 1.27.0

// Nothing of these is compiled: they ship the definitions of the kinds that Berth emits.
require (
	github.com/1Password/onepassword-operator v1.8.1
	github.com/argoproj/argo-cd/v3 v3.6.1
	github.com/external-secrets/external-secrets v1.3.2
	github.com/fluxcd/kustomize-controller v1.10.1
	github.com/hashicorp/vault-secrets-operator v0.10.0
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/kwok v0.7.0
)
