package vthread

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/pgpool/pgtest"
)

func TestPostgreSQL(t *testing.T) { pgtest.Run(t, "vthread", New) }
