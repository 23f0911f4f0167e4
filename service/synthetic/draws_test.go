package synthetic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// branching has draws of every kind before, in, after and between branches.
func branching() *model.Workload {
	work := compute(model.Dist{Kind: model.DistExponential, A: time.Millisecond})
	pick := choice(
		model.Branch{P: 0.5, Steps: []model.Step{await("left")}},
		model.Branch{P: 0.5, Steps: []model.Step{work, await("right")}},
	)
	return workloadOf(spread, "before a b left right c d after",
		await("before"),
		parallel(
			[]model.Step{work, await("a"), pick},
			[]model.Step{await("b")},
			[]model.Step{parallel([]model.Step{await("c")}, []model.Step{pick, await("d")})},
		),
		await("after"),
	)
}

var one = Options{Upstreams: []string{"u"}}

func TestBranchesDrawTheSameInWhateverOrderTheyRun(t *testing.T) {
	s := newService(t, branching(), one)
	seen := map[string]bool{}
	for seed := range uint64(100) {
		forwards := (&recorder{}).request(t, s, seed).asked
		backwards := (&recorder{backwards: true}).request(t, s, seed).asked
		if slices.Equal(forwards, backwards) {
			t.Fatal("the branches ran in the same order twice: nothing is compared")
		}
		slices.Sort(forwards)
		slices.Sort(backwards)
		if !slices.Equal(forwards, backwards) {
			t.Errorf("seed %d: forwards\n%q, backwards\n%q", seed, forwards, backwards)
		}
		for _, target := range forwards {
			if seen[target] {
				t.Errorf("seed %d draws %s, which was drawn before", seed, target)
			}
			seen[target] = true
		}
	}
	if len(seen) != 800 {
		t.Errorf("%d different draws of 100 requests with 8 each", len(seen))
	}
}

// What `compare` raises to confirm a wall must leave the requests as they are.
func TestDrawsDoNotDependOnTheScaleOfComputeOrTheSizeOfResourcesOrTheAddresses(t *testing.T) {
	sized := func(size int) *model.Workload {
		w := branching()
		w.Resources = []model.Resource{{Name: "pool", Size: size}}
		w.Routes[0].Steps = []model.Step{hold("pool", w.Routes[0].Steps...)}
		return w
	}
	targets := func(s *Service, seed uint64) (all []string) {
		for _, a := range (&recorder{}).request(t, s, seed).asked {
			_, target, _ := strings.Cut(a, "/")
			all = append(all, target)
		}
		return all
	}
	base := newService(t, sized(1), one)
	for name, other := range map[string]*Service{
		"compute scale": newService(t, sized(1), Options{Upstreams: []string{"u"}, ComputeScale: 3.7}),
		"resource size": newService(t, sized(5), one),
		"addresses":     newService(t, sized(1), Options{Upstreams: []string{"u", "v", "w"}}),
	} {
		for seed := range uint64(50) {
			if got, want := targets(other, seed), targets(base, seed); !slices.Equal(got, want) {
				t.Errorf("another %s: seed %d asks for\n%q, not\n%q", name, seed, got, want)
			}
		}
	}
}

// seedings are what clients send: load's mixed numbers, and a person's counting.
var seedings = map[string]func(i uint64) uint64{
	"mixed":    func(i uint64) uint64 { return rand.New(rand.NewPCG(i, 7)).Uint64() },
	"counting": func(i uint64) uint64 { return i },
	"high":     func(i uint64) uint64 { return i << 48 },
}

const draws = 2500

// near reports whether n of draws is within 4.5 standard deviations of what a
// probability lets expect. The seeds are fixed: it never changes its mind.
func near(n int, p float64) bool {
	return math.Abs(float64(n)-draws*p) <= 4.5*math.Sqrt(draws*p*(1-p))
}

func TestChoicesFollowTheirProbabilitiesAndNotEachOther(t *testing.T) {
	tests := map[string][]float64{
		"a coin":                       {0.5, 0.5},
		"the rare one first":           {0.01, 0.99},
		"three":                        {0.7, 0.2, 0.1},
		"thirds as people write them":  {0.3333, 0.3333, 0.3333}, // the last has what the others leave
		"more than everything, a hair": {0.5, 0.5001, 0.0001},
	}
	for name, ps := range tests {
		two := func(which string) model.Step {
			var branches []model.Branch
			for i, p := range ps {
				op := fmt.Sprint(which, i)
				branches = append(branches, model.Branch{P: p, Steps: []model.Step{{Verb: model.Compute, Op: op, Time: constant(1)}}})
			}
			return choice(branches...)
		}
		s := newService(t, workloadOf(model.Dist{}, "", two("x"), two("y")), Options{})
		want := slices.Clone(ps)
		left := 1.0
		for i, p := range want {
			want[i] = min(p, left)
			left -= want[i]
		}
		want[len(want)-1] += left
		for kind, seedOf := range seedings {
			count := map[string]int{}
			for i := range uint64(draws) {
				lines := (&recorder{idle: true}).request(t, s, seedOf(i)).lines
				if len(lines) != 2 {
					t.Fatalf("%s: two choices ran %q", name, lines)
				}
				count[lines[0]]++
				count[lines[1]]++
				count[lines[0]+" "+lines[1]]++
			}
			for i, p := range want {
				x, y := fmt.Sprint("compute x", i), fmt.Sprint("compute y", i)
				if !near(count[x], p) || !near(count[y], p) {
					t.Errorf("%s, %s seeds: branch %d of probability %v ran %d and %d times of %d", name, kind, i, p, count[x], count[y], draws)
				}
				if both := count[x+" "+y]; !near(both, p*p) {
					t.Errorf("%s, %s seeds: branch %d of probability %v ran twice in a row %d times of %d", name, kind, i, p, both, draws)
				}
			}
		}
	}
}

func TestAllAddressesOfUpstreamsAreUsedAlike(t *testing.T) {
	addresses := []string{"u:1", "v:2", "w:3"}
	s := newService(t, workloadOf(spread, "db", await("db")), Options{Upstreams: addresses})
	for kind, seedOf := range seedings {
		count := map[string]int{}
		for i := range uint64(draws) {
			address, _, _ := strings.Cut((&recorder{}).request(t, s, seedOf(i)).asked[0], "/")
			count[address]++
		}
		for _, a := range addresses {
			if !near(count[a], 1./3) {
				t.Errorf("%s seeds: %s was asked %d times of %d, one of three addresses", kind, a, count[a], draws)
			}
		}
	}
}

func TestLatenciesFollowTheDistributionOfTheirUpstream(t *testing.T) {
	s := newService(t, workloadOf(spread, "db", await("db")), one)
	for kind, seedOf := range seedings {
		under := map[float64]int{0.1: 0, 0.5: 0, 0.99: 0}
		for i := range uint64(draws) {
			var us int64
			asked := (&recorder{}).request(t, s, seedOf(i)).asked[0]
			if _, err := fmt.Sscanf(asked, "u/db?us=%d", &us); err != nil {
				t.Fatalf("%s: %v", asked, err)
			}
			for p := range under {
				if time.Duration(us)*time.Microsecond < spread.Quantile(p) {
					under[p]++
				}
			}
		}
		for p, n := range under {
			if !near(n, p) {
				t.Errorf("%s seeds: %d of %d latencies are under the quantile of %v", kind, n, draws, p)
			}
		}
	}
}
