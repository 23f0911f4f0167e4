package goroutine_test

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/goroutine"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool/pgtest"
)

func TestPostgreSQL(t *testing.T) {
	pgtest.Run(t, "goroutine", goroutine.New)
}
