package hybrid

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/pgpool/pgtest"
)

func TestPostgreSQL(t *testing.T) {
	pgtest.Run(t, "hybrid:loops=2,workers=1,blocking=16", New)
}
