module berth/toolchain/vault-operator

go 1.24.0

tool github.com/hashicorp/vault-secrets-operator

require github.com/hashicorp/vault-secrets-operator v0.10.0
