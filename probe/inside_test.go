package probe

import (
	"slices"
	"testing"

	"github.com/plimsoll-dev/plimsoll/model"
)

func TestWhatAWallFromInsideIsFromOutside(t *testing.T) {
	for _, c := range []struct {
		wall  model.WallKind
		limit int
		want  []Kind
		why   string
	}{
		{model.WallThreadPool, 200, []Kind{SharedPool}, "every route waits for a thread"},
		{model.WallThreadPool, 1, []Kind{SharedPool, Serial}, "one thread serves one after the other, as a loop that is blocked does"},
		{model.WallCarriers, 4, []Kind{SharedPool}, "pinned carriers run no route"},
		{model.WallCarriers, 1, []Kind{SharedPool, Serial}, "and a single one is a loop"},
		{model.WallLoop, 1, []Kind{Serial, SharedPool}, "a loop is a pool of one for all that it serves"},
		{model.WallExecutor, 8, []Kind{PrivatePool}, "cheap routes need no continuation"},
		{model.WallWorkers, 40, []Kind{PrivatePool}, "cheap routes run on the loop"},
		{model.WallResource, 50, []Kind{PrivatePool}, "cheap routes do not hold it"},
		{model.WallConnections, 150, []Kind{ConnectionCap}, "a kept connection is served, a fresh one is not"},
		{model.WallRejecting, 64, []Kind{Shedding}, ""},
		{model.WallCPU, 1, []Kind{CPU}, ""},
		{model.WallUpstream, 30, []Kind{PrivatePool, Unknown}, "somebody else's pool"},
		{model.WallNone, 0, []Kind{None}, ""},
		{model.WallUnknown, 0, []Kind{Unknown}, "no evidence inside, none to compare"},
		{"a wall of a later version", 0, []Kind{Unknown}, "is not guessed at"},
	} {
		if got := Outside(c.wall, c.limit); !slices.Equal(got, c.want) {
			t.Errorf("%s %d is %v from outside, not %v: %s", c.wall, c.limit, got, c.want, c.why)
		}
	}
}
