// Has Argo CD's own code judge what Berth writes: Applications, AppProjects, an ApplicationSet and health checks.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	"github.com/argoproj/argo-cd/v3/applicationset/controllers/template"
	"github.com/argoproj/argo-cd/v3/applicationset/generators"
	"github.com/argoproj/argo-cd/v3/applicationset/services"
	"github.com/argoproj/argo-cd/v3/applicationset/utils"
	argocd "github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/argo"
	"github.com/argoproj/argo-cd/v3/util/db"
	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/sirupsen/logrus"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

type input struct {
	// Texts of the repository's files, by path.
	Files        map[string]string
	Clusters     []argocd.Cluster
	Applications []json.RawMessage
	Projects     []json.RawMessage
	// Maybe none.
	ApplicationSet json.RawMessage
	// What an Application of the project applies.
	Applied []applied
	Checks  []check
	// Kinds that Argo CD may have a health check of its own for.
	Kinds []schema.GroupKind
}

type applied struct {
	Project, Group, Kind, Name, Namespace string
	Destination                           argocd.ApplicationDestination
}

type check struct {
	Lua    string
	Object map[string]any
}

type output struct {
	Problems []string
	// The Applications as Argo CD reads them, and those that it makes from the ApplicationSet.
	Read, Generated []argocd.Application
	Health          []string
	// For each of the kinds.
	HasCheck []bool
}

func main() {
	logrus.SetOutput(io.Discard)
	var in input
	must(json.NewDecoder(os.Stdin).Decode(&in))
	out := output{}
	projects := readProjects(in, &out)
	for _, text := range in.Applications {
		application := argocd.Application{}
		decode(text, &application, &out)
		out.Problems = append(out.Problems, judge(application, projects, clusters(in.Clusters))...)
		out.Read = append(out.Read, application)
	}
	for _, one := range in.Applied {
		judgeApplied(one, projects, clusters(in.Clusters), &out)
	}
	if in.ApplicationSet != nil {
		generate(in, &out)
	}
	for _, one := range in.Checks {
		out.Health = append(out.Health, runCheck(one))
	}
	for _, kind := range in.Kinds {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(kind.WithVersion("v1"))
		script, _, err := lua.VM{}.GetHealthScript(object)
		must(err)
		out.HasCheck = append(out.HasCheck, script != "")
	}
	must(json.NewEncoder(os.Stdout).Encode(out))
}

func readProjects(in input, out *output) map[string]argocd.AppProject {
	projects := map[string]argocd.AppProject{}
	for _, text := range in.Projects {
		project := argocd.AppProject{}
		decode(text, &project, out)
		if err := project.ValidateProject(); err != nil {
			out.Problems = append(out.Problems, err.Error())
		}
		projects[project.Name] = project
	}
	return projects
}

func judge(application argocd.Application, projects map[string]argocd.AppProject, known clusters) []string {
	problems := []string{}
	project, ok := projects[application.Spec.Project]
	if !ok {
		return []string{fmt.Sprintf("%s: no project %q", application.Name, application.Spec.Project)}
	}
	spec := argo.NormalizeApplicationSpec(&application.Spec)
	conditions, err := argo.ValidatePermissions(context.Background(), spec, &project, database{clusters: known})
	must(err)
	for _, condition := range conditions {
		problems = append(problems, application.Name+": "+condition.Message)
	}
	if spec.SyncPolicy != nil && spec.SyncPolicy.Retry != nil {
		if _, err := spec.SyncPolicy.Retry.NextRetryAt(time.Now(), 1); err != nil {
			problems = append(problems, application.Name+": "+err.Error())
		}
	}
	return problems
}

func judgeApplied(one applied, projects map[string]argocd.AppProject, known clusters, out *output) {
	cluster, err := argo.GetDestinationCluster(context.Background(), one.Destination, known)
	must(err)
	project := projects[one.Project]
	ok, err := project.IsResourcePermitted(
		schema.GroupKind{Group: one.Group, Kind: one.Kind}, one.Name, one.Namespace, cluster, known.ofProject)
	must(err)
	if !ok {
		out.Problems = append(out.Problems,
			fmt.Sprintf("%s %s/%s is not permitted in project %s", one.Kind, one.Namespace, one.Name, one.Project))
	}
}

func generate(in input, out *output) {
	set := argocd.ApplicationSet{}
	decode(in.ApplicationSet, &set, out)
	known := map[string]generators.Generator{"Git": generators.NewGitGenerator(repository{files: in.Files}, set.Namespace)}
	made, _, err := template.GenerateApplications(
		logrus.NewEntry(logrus.StandardLogger()), set, known, &utils.Render{}, nil)
	must(err)
	out.Generated = made
}

func runCheck(one check) string {
	health, err := lua.VM{}.ExecuteHealthLua(&unstructured.Unstructured{Object: one.Object}, one.Lua)
	must(err)
	if health.Message == "" {
		return string(health.Status)
	}
	return string(health.Status) + ": " + health.Message
}

// clusters are those that Argo CD knows.
type clusters []argocd.Cluster

// database is Argo CD's, as far as a validation reads it.
type database struct {
	db.ArgoDB
	clusters
}

func (known database) GetCluster(ctx context.Context, server string) (*argocd.Cluster, error) {
	return known.clusters.GetCluster(ctx, server)
}

func (known database) GetClusterServersByName(ctx context.Context, name string) ([]string, error) {
	return known.clusters.GetClusterServersByName(ctx, name)
}

func (known clusters) GetCluster(_ context.Context, server string) (*argocd.Cluster, error) {
	for _, one := range known {
		if one.Server == server {
			return &one, nil
		}
	}
	return nil, fmt.Errorf("no cluster %q", server)
}

func (known clusters) GetClusterServersByName(_ context.Context, name string) ([]string, error) {
	servers := []string{}
	for _, one := range known {
		if one.Name == name {
			servers = append(servers, one.Server)
		}
	}
	return servers, nil
}

func (clusters) ofProject(string) ([]*argocd.Cluster, error) { return nil, nil }

// repository has files by path.
type repository struct {
	services.Repos
	files map[string]string
}

func (it repository) GetFiles(
	_ context.Context, _, _, _, pattern string, _ bool, _ *argocd.SourceIntegrity,
) (map[string][]byte, error) {
	found := map[string][]byte{}
	for name, text := range it.files {
		ok, err := path.Match(pattern, name)
		if err != nil {
			return nil, err
		}
		if ok {
			found[name] = []byte(text)
		}
	}
	return found, nil
}

// decode reports keys that Argo CD does not know.
func decode(text []byte, into any, out *output) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		out.Problems = append(out.Problems, err.Error())
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
