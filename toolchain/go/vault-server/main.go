// A Vault server for the sandbox and the tests: the core and the HTTP handler of HashiCorp Vault, with the
// engines and login methods that Berth uses. Everything in it is Vault's own, unchanged. Its command line,
// its agent and the storage of other clouds are left out, which is most of what `vault` compiles.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	jwt "github.com/hashicorp/vault-plugin-auth-jwt"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/logical/database"
	"github.com/hashicorp/vault/builtin/logical/transit"
	"github.com/hashicorp/vault/builtin/plugin"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/plugins/database/postgresql"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/file"
	"github.com/hashicorp/vault/vault"
)

// Time that a client has to send the headers of a request.
const headersWithin = 10 * time.Second

func main() {
	address := flag.String("address", "127.0.0.1:8200", "host and port to listen on, without TLS")
	storage := flag.String("storage", "", "folder of the encrypted data")
	flag.Parse()
	if err := serve(*address, *storage); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers requests until the process gets a signal. A new server must be initialized through its API,
// and each start leaves it sealed.
func serve(address, storage string) error {
	logger := hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Info})
	backend, err := file.NewFileBackend(map[string]string{"path": storage}, logger.Named("storage"))
	if err != nil {
		return err
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:           backend,
		StorageType:        "file",
		RedirectAddr:       "http://" + address,
		Logger:             logger,
		DisableMlock:       true,
		BuiltinRegistry:    builtins,
		LogicalBackends:    map[string]logical.Factory{"plugin": plugin.Factory, "database": database.Factory, "kv": kv.Factory},
		CredentialBackends: map[string]logical.Factory{"plugin": plugin.Factory},
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{
		ReadHeaderTimeout: headersWithin,
		Handler: vaulthttp.Handler.Handler(&vault.HandlerProperties{
			Core: core,
			ListenerConfig: &configutil.Listener{
				MaxRequestSize:     vaulthttp.DefaultMaxRequestSize,
				MaxRequestDuration: vault.DefaultMaxRequestDuration,
			},
		}),
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return core.Shutdown()
}

// The plugins that Vault finds by their names, as `vault` itself has them in its own registry.
var builtins = registry{
	consts.PluginTypeCredential: {"jwt": backend(jwt.Factory), "kubernetes": backend(kubernetes.Factory)},
	consts.PluginTypeSecrets:    {"kv": backend(kv.Factory), "transit": backend(transit.Factory)},
	consts.PluginTypeDatabase:   {"postgresql-database-plugin": postgresql.New},
}

type factory = func() (interface{}, error)

type registry map[consts.PluginType]map[string]factory

func backend(make logical.Factory) factory {
	return func() (interface{}, error) { return make, nil }
}

func (r registry) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	found, ok := r[kind][name]
	return found, ok
}

func (r registry) Contains(name string, kind consts.PluginType) bool {
	_, ok := r[kind][name]
	return ok
}

func (r registry) Keys(kind consts.PluginType) []string {
	names := make([]string, 0, len(r[kind]))
	for name := range r[kind] {
		names = append(names, name)
	}
	return names
}

func (r registry) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, r.Contains(name, kind)
}

func (r registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }
