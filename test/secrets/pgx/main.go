// Logs in with the URL of its environment, and prints role and database.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
)

func main() {
	ctx := context.Background()
	connection, err := pgx.Connect(ctx, os.Getenv("KEY"))
	check(err)
	var who, where string
	row := connection.QueryRow(ctx, "select current_user, current_database()")
	check(row.Scan(&who, &where))
	fmt.Printf("%s|%s\n", who, where)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
