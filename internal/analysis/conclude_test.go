package analysis

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/search"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestTheConclusionSaysWhetherBothStopAtTheSameWall(t *testing.T) {
	engine := func(name string, low, high float64, wall Wall) EngineVerdict {
		return EngineVerdict{Name: name, LoadLine: loadLine(search.Decision{Low: low, High: high}), Wall: wall}
	}
	threads := Wall{Kind: model.WallThreadPool, Limit: ptr(200.0)}
	pool := Wall{Kind: model.WallResource, Name: "pool", Limit: ptr(50.0)}
	cpu := Wall{Kind: model.WallCPU}
	for _, c := range []struct {
		first, second Wall
		want          string
	}{
		{threads, cpu, "a stops at 1,020 requests/s because all of its 200 threads are taken; b carries 2 times as much, and there the CPU is the wall."},
		{cpu, cpu, "a stops at 1,020 requests/s because the CPU is the wall; b carries 2 times as much, and there too the CPU is the wall."},
		{pool, Wall{Kind: model.WallResource, Name: "slots", Limit: ptr(9.0)}, "a stops at 1,020 requests/s because all 50 of pool are taken; b carries 2 times as much, and there all 9 of slots are taken."},
	} {
		if got := Conclude([]EngineVerdict{engine("a", 1000, 1040, c.first), engine("b", 2000, 2080, c.second)}); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
