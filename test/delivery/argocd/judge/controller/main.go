// Runs Argo CD's application controller and its repository server, with a Redis in memory, until it is stopped. It
// reads KUBECONFIG; the argument is the namespace of the Applications.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/alicebob/miniredis/v2"
	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	repository "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/argoproj/argo-cd/v3/util/askpass"
	"github.com/spf13/cobra"
)

func main() {
	redis, err := miniredis.Run()
	must(err)
	defer redis.Close()
	// Its own cluster is the one of the kubeconfig.
	must(os.Setenv("ARGOCD_FAKE_IN_CLUSTER", "true"))
	must(os.Setenv("ARGOCD_GPG_ENABLED", "false"))
	// Its image has this script; it says nothing of a commit that nobody has signed.
	must(os.WriteFile(filepath.Join(os.TempDir(), "git-verify-wrapper.sh"), []byte("#!/bin/sh\n"), 0o700))
	must(os.Setenv("PATH", os.TempDir()+":"+os.Getenv("PATH")))
	askpass.SocketPath = filepath.Join(os.TempDir(), "askpass.sock")
	port := freePort()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go run(ctx, repository.NewCommand(),
		"--redis", redis.Addr(), "--disable-tls", "--client-ca-path", "", "--address", "127.0.0.1", "--port", port,
		"--metrics-address", "127.0.0.1", "--metrics-port", "0", "--loglevel", "warn")
	run(ctx, controller.NewCommand(),
		"--redis", redis.Addr(), "--repo-server", "127.0.0.1:"+port, "--repo-server-plaintext",
		"--namespace", os.Args[1], "--metrics-port", "0", "--loglevel", "warn")
}

func run(ctx context.Context, command *cobra.Command, args ...string) {
	command.SetArgs(args)
	must(command.ExecuteContext(ctx))
}

func freePort() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
