// Renders templates with the engines of External Secrets and of the Vault Secrets Operator.
package main

import (
	"encoding/json"
	"os"
	"regexp"

	esapi "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	external "github.com/external-secrets/external-secrets/pkg/template/v2"
	vault "github.com/hashicorp/vault-secrets-operator/template"
	corev1 "k8s.io/api/core/v1"
)

type input struct {
	External map[string]string
	// Rules that rewrite the labels of all fields.
	Rewrite []struct{ Source, Target string }
	Labels  []string
	Vault   map[string]string
	Fields  map[string]string
}

type output struct {
	External map[string][]byte
	Keys     []string
	Vault    map[string][]byte
}

func main() {
	var in input
	check(json.NewDecoder(os.Stdin).Decode(&in))
	out := output{External: renderExternal(in), Keys: rewrite(in), Vault: renderVault(in)}
	check(json.NewEncoder(os.Stdout).Encode(out))
}

func renderExternal(in input) map[string][]byte {
	templates, fields := map[string][]byte{}, map[string][]byte{}
	for key, text := range in.External {
		templates[key] = []byte(text)
	}
	for key, text := range in.Fields {
		fields[key] = []byte(text)
	}
	secret := &corev1.Secret{}
	scope, target := esapi.TemplateScopeValues, esapi.TemplateTargetData
	check(external.Execute(templates, fields, scope, target, secret))
	return secret.Data
}

func rewrite(in input) []string {
	keys := []string{}
	for _, key := range in.Labels {
		for _, rule := range in.Rewrite {
			key = regexp.MustCompile(rule.Source).ReplaceAllString(key, rule.Target)
		}
		keys = append(keys, key)
	}
	return keys
}

func renderVault(in input) map[string][]byte {
	secrets := map[string]any{}
	for key, text := range in.Fields {
		secrets[key] = text
	}
	rendered := map[string][]byte{}
	for key, text := range in.Vault {
		template := vault.NewSecretTemplate("")
		check(template.Parse(key, text))
		value, err := template.ExecuteTemplate(key, map[string]any{"Secrets": secrets})
		check(err)
		rendered[key] = value
	}
	return rendered
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
