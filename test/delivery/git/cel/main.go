// Evaluates expressions in CEL on objects, with what Flux's controllers put into CEL's environment (pkg/runtime/cel).
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
)

type check struct {
	Current string
	Object  map[string]any
}

type output struct {
	// "true", "false" or an error.
	Results []string
}

func main() {
	var in struct{ Checks []check }
	must(json.NewDecoder(os.Stdin).Decode(&in))
	env, err := cel.NewEnv(
		cel.HomogeneousAggregateLiterals(),
		cel.EagerlyValidateDeclarations(true),
		cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true),
		cel.OptionalTypes(),
		ext.Strings(),
		ext.Sets(),
		ext.Encoders(),
	)
	must(err)
	out := output{}
	for _, one := range in.Checks {
		out.Results = append(out.Results, evaluate(env, one))
	}
	must(json.NewEncoder(os.Stdout).Encode(out))
}

func evaluate(env *cel.Env, one check) string {
	parsed, issues := env.Parse(one.Current)
	must(issues.Err())
	program, err := env.Program(parsed)
	must(err)
	value, _, err := program.Eval(one.Object)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(value.Value())
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
