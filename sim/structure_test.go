package sim

import (
	"math"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
)

// meanOf is the mean time of so many requests, in milliseconds, and the standard
// error of it; they do not meet each other.
func meanOf(t *testing.T, engine, steps string, n int) (mean, stderr float64) {
	t.Helper()
	r := simulate(t, engine, `
upstreams: {u: {latency: {exponential: 10ms}}, v: {latency: {exponential: 20ms}}, c: {latency: 7ms}}
routes: {r: {steps: [`+steps+`]}}
timeout: 10m
in-flight: 100000
`, 50, func(c *Config) { c.Workload.Arrivals.Kind = model.Constant })
	var sum, squares float64
	k := 0.0
	r.ended = func(e Ended) {
		x := float64(e.Done-e.Intended) / 1e6
		k, sum, squares = k+1, sum+x, squares+x*x
	}
	r.until(time.Duration(n) * time.Second / 50)
	mean = sum / k
	return mean, math.Sqrt((squares/k - mean*mean) / k)
}

// Branches of a parallel are waited for together, wherever the engine has them
// done; of a choice each is taken as often as it says.
func TestParallelIsTheSlowestBranchAndChoiceTheirMean(t *testing.T) {
	for _, c := range []struct {
		steps string
		mean  float64
	}{
		{"{parallel: [[{await: u}], [{await: u}]]}", 15},                                                                                                           // of two exponentials, 1 + 1/2
		{"{parallel: [[{await: u}], [{await: u}], [{await: u}]]}", 10 * (1 + 1/2.0 + 1/3.0)},                                                                       // the harmonic number
		{"{parallel: [[{await: u}], [{await: v}]]}", 10 + 20 - 1/(1/10.0+1/20.0)},                                                                                  // E max = a + b - E min
		{"{parallel: [[{await: c}, {await: c}], [{await: c}]]}, {await: c}", 21},                                                                                   // a branch's steps one after another
		{"{choice: [{p: 25%, steps: [{await: c}]}, {p: 75%, steps: []}]}", 1.75},                                                                                   // nothing is a branch, too
		{"{choice: [{p: 10%, steps: [{await: u}]}, {p: 90%, steps: [{await: v}]}]}", 1 + 18},                                                                       // the mean
		{"{parallel: [[{choice: [{p: 50%, steps: [{await: c}]}, {p: 50%, steps: []}]}], [{choice: [{p: 50%, steps: [{await: c}]}, {p: 50%, steps: []}]}]]}", 5.25}, // each draws for itself
	} {
		for _, engine := range []string{"thread:max=5000", "future", "loop", "hybrid", "vthread", "goroutine"} {
			if mean, stderr := meanOf(t, engine, c.steps, 20_000); math.Abs(mean-c.mean) > 4*stderr+1e-9 {
				t.Errorf("%s, %s: %.4g ms ± %.2g; expected %.4g", engine, c.steps, mean, stderr, c.mean)
			}
		}
	}
}

// Rates follow the stages, also where they move; bursts come at once, and evenly.
func TestArrivalsFollowTheStages(t *testing.T) {
	stages := []model.Stage{{For: 10 * time.Second, Rate: 100}, {For: 10 * time.Second, Rate: 100, To: 300}, {For: 10 * time.Second, Rate: 20}}
	for _, c := range []struct {
		arrivals model.Arrivals
		slack    float64 // by which a stage's number may be off
	}{
		{model.Arrivals{Kind: model.Constant}, 1},
		{model.Arrivals{Kind: model.Poisson}, 4 * math.Sqrt(2000)},
		{model.Arrivals{Kind: model.Bursts, Burst: 50}, 50},
	} {
		r := simulate(t, "goroutine", waitsFor("await", "1ms"), 0, func(x *Config) { x.Workload.Arrivals, x.Stages = c.arrivals, stages })
		together := map[int64]int{}
		r.ended = func(e Ended) { together[e.Intended]++ }
		before := 0
		for i, want := range []float64{1000, 2000, 200, 0} {
			r.until(time.Duration(i+1)*10*time.Second + 2*time.Millisecond)
			if n := r.outcomes[load.OK] - before; math.Abs(float64(n)-want) > c.slack {
				t.Errorf("%s: %d in stage %d; expected %g", c.arrivals.Kind, n, i+1, want)
			}
			before = r.outcomes[load.OK]
		}
		for at, n := range together {
			if n != max(1, c.arrivals.Burst) {
				t.Errorf("%s: %d at once at %s", c.arrivals.Kind, n, time.Duration(at))
				break
			}
		}
	}
}
