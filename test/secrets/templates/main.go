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
	// All fields of an item under rewritten keys.
	All    *all
	Vault  map[string]string
	Fields map[string]string
}

type all struct {
	Literal string
	Rewrite []struct{ Source, Target string }
}

type output struct {
	External map[string][]byte
	All      map[string][]byte
	Vault    map[string][]byte
}

func main() {
	var in input
	check(json.NewDecoder(os.Stdin).Decode(&in))
	out := output{External: renderExternal(in), All: renderAll(in), Vault: renderVault(in)}
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

func renderAll(in input) map[string][]byte {
	secret := &corev1.Secret{}
	if in.All == nil {
		return secret.Data
	}
	fields := map[string][]byte{}
	for key, text := range in.Fields {
		for _, rule := range in.All.Rewrite {
			key = regexp.MustCompile(rule.Source).ReplaceAllString(key, rule.Target)
		}
		fields[key] = []byte(text)
	}
	templates := map[string][]byte{in.All.Literal: []byte(in.All.Literal)}
	scope, target := esapi.TemplateScopeKeysAndValues, esapi.TemplateTargetData
	check(external.Execute(templates, fields, scope, target, secret))
	return secret.Data
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
