package future

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/pgpool/pgtest"
)

func TestPostgreSQL(t *testing.T) { pgtest.Run(t, "future", New) }
