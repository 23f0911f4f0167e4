package probe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// varyingTimes are service times that vary, with a mean of one.
var varyingTimes = []struct {
	name string
	draw func(chance, normal, exponential float64) float64
}{
	{"uniform", func(chance, _, _ float64) float64 { return 0.5 + chance }},
	{"lognormal 0.3", func(_, normal, _ float64) float64 { return math.Exp(0.3*normal - 0.045) }},
	{"lognormal 0.5", func(_, normal, _ float64) float64 { return math.Exp(0.5*normal - 0.125) }},
	{"lognormal 1", func(_, normal, _ float64) float64 { return math.Exp(normal - 0.5) }},
	{"exponential", func(_, _, exponential float64) float64 { return exponential }},
	{"bimodal", func(chance, _, _ float64) float64 {
		if chance < 0.15 {
			return 5 / 1.6
		}
		return 1 / 1.6
	}},
}

// However much service times vary, the size of a pool that serves requests in turn
// is right to 5 %, and its interval has it; of some of them the kind is not known.
func TestSizesAreRightHoweverTimesVary(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	walls, unnamed, missed := 0, 0, 0
	for seed := range soaked(1, 40) {
		r := rand.New(rand.NewPCG(seed, 77))
		n := int(math.Exp(r.Float64() * math.Log(float64(soaked(60, 300)))))
		wait := time.Duration(50+r.IntN(451)) * ms
		for _, u := range varyingTimes {
			work := func() responder.Wall {
				return responder.Drawn(wait, ms, func(c *responder.Call) float64 { return u.draw(c.Chance(), c.Normal(), c.Exponential()) })
			}
			k := known{"private", PrivatePool, n, func() *responder.Service { return responder.New(seed, responder.Private(responder.Pool(n)), work()) }}
			if seed%2 == 1 {
				k = known{"shared", SharedPool, n, func() *responder.Service { return responder.New(seed, responder.Pool(n), work()) }}
			}
			t.Run(fmt.Sprintf("%d/%s/%d/%v/%s", seed, k.name, n, wait, u.name), func(t *testing.T) {
				v, h := probed(t, 512, k.build)
				walls++
				switch {
				case v.Wall.Kind != k.kind || v.Wall.Limit == nil:
					unnamed++
					t.Logf("%s, confidence %s\n%s", v.Wall.Kind, v.Confidence, told(h))
				case *v.Wall.Low > n || *v.Wall.High < n || math.Abs(float64(*v.Wall.Limit-n)) > math.Ceil(0.05*float64(n)):
					missed++
					t.Logf("%d (%d … %d), confidence %s\n%s", *v.Wall.Limit, *v.Wall.Low, *v.Wall.High, v.Confidence, told(h))
					if v.Confidence == "high" {
						t.Errorf("%d (%d … %d), confidence high; it is %d", *v.Wall.Limit, *v.Wall.Low, *v.Wall.High, n)
					}
				}
			})
		}
	}
	t.Logf("of %d walls %d were not named, and %d sizes were wrong", walls, unnamed, missed)
	if 5*unnamed > walls || 50*missed > walls {
		t.Error("that is too many")
	}
}

// served is what a sequence shows of a pool of n, of which more is asked than it carries.
// The next to be served is who came first, or any of those who wait.
func served(n int, every float64, requests int, byLot bool, r *rand.Rand, draw func() float64) *sequence {
	l := &sequence{sent: make([]float64, requests), done: make([]float64, requests)}
	var left []int
	for k := range requests {
		l.sent[k] = every * float64(k)
		left = append(left, k)
	}
	free := make([]float64, n)
	for len(left) > 0 {
		place := slices.Index(free, slices.Min(free))
		now := max(free[place], l.sent[left[0]])
		next := 0
		if byLot {
			for next < len(left) && l.sent[left[next]] <= now {
				next++
			}
			next = r.IntN(next)
		}
		k := left[next]
		left = slices.Delete(left, next, next+1)
		l.done[k] = now + draw()
		free[place] = l.done[k]
	}
	return l
}

// busyWith is what is known of a service when single requests took so long, and it
// was then kept busy.
func busyWith(l *sequence, alone []float64, count int) *assessment {
	row := func(from, to float64) record.Request {
		return record.Request{Intended: 1 + int64(from*1e9), Sent: 1 + int64(from*1e9), Done: 1 + int64(to*1e9), Status: "200"}
	}
	base := Observation{Experiment: record.Experiment{Head: record.Head{T: 1}, ID: 1, What: record.ExperimentBaseline}}
	for _, x := range alone {
		base.Heavy = append(base.Heavy, row(0, x))
	}
	kept := Observation{Experiment: record.Experiment{Head: record.Head{T: 1}, ID: 2, What: record.ExperimentSustain, Count: count}}
	for k := range l.sent {
		kept.Heavy = append(kept.Heavy, row(l.sent[k], l.done[k]))
	}
	h := &History{Experiments: []Observation{base, kept}}
	return &assessment{h: h, noise: noiseOf(h.serial())}
}

// What kept a service busy tells its size where it serves in turn, and says nothing
// where it does not.
func TestWhoIsServedInTurnTellsTheSize(t *testing.T) {
	for _, u := range varyingTimes {
		for _, byLot := range []bool{false, true} {
			r := rand.New(rand.NewPCG(2, 89))
			draw := func() float64 { return 0.2 * u.draw(r.Float64(), r.NormFloat64(), r.ExpFloat64()) }
			alone := make([]float64, 40)
			for i := range alone {
				alone[i] = draw()
			}
			l := served(20, 0.2/20/1.1, 1500, byLot, r, draw)
			s := new(sizes)
			for n := 10; n <= 40; n++ {
				s.n = append(s.n, n)
				z := math.Log(float64(n)/20) / 0.1
				s.mean = append(s.mean, -z*z/2)
			}
			lls := s.inOrder(busyWith(l, alone, 60))
			if byLot {
				if lls != nil {
					t.Errorf("%s: served by lot, and yet in turn", u.name)
				}
				continue
			}
			if lls == nil {
				t.Errorf("%s: served in turn, and yet not", u.name)
				continue
			}
			best := slices.Max(lls)
			if n := s.n[slices.Index(lls, best)]; n < 19 || n > 21 || lls[10] < best-3 || lls[6] > best-3 || lls[14] > best-3 {
				t.Errorf("%s: %d of 20; of 16, 20 and 24: %.1f, %.1f and %.1f less", u.name, n, best-lls[6], best-lls[10], best-lls[14])
			}
		}
	}
}

// Times of one distribution are alike, and less so if some of them are taken for
// longer or shorter than they were.
func TestTimesOfOneDistributionAreAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 97))
	xs := make([]float64, 1000)
	for i := range xs {
		xs[i] = 0.1 * r.ExpFloat64()
	}
	shifted := func(by float64) float64 {
		all := histogramOf(xs[:500], 0.1)
		var others []float64
		for _, x := range xs[500:] {
			others = append(others, x+by)
		}
		all.join(histogramOf(others, 0.1))
		return all.alike()
	}
	for _, by := range []float64{0.01, -0.01} {
		if less := shifted(0) - shifted(by); less < 5 {
			t.Errorf("moved by %g of the mean, times are less alike by %.1f only", by/0.1, less)
		}
	}
}
