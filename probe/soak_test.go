package probe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// soaked is how many seeds are tried: a few, or as many as PLIMSOLL_SOAK is for.
func soaked(few, many uint64) uint64 {
	if os.Getenv("PLIMSOLL_SOAK") != "" {
		return many
	}
	return few
}

// Services drawn at random, of every family, size, service time and trouble: no
// verdict of high confidence is wrong. With -v it prints the confusion matrix
// and the Brier score; PLIMSOLL_ZOO=SEED tries that one alone.
func TestZooHasNoConfidentErrors(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	most := int(soaked(64, 512))
	from, to := uint64(0), soaked(50, 500)
	if seed, err := strconv.ParseUint(os.Getenv("PLIMSOLL_ZOO"), 10, 64); err == nil {
		from, to = seed, seed+1
	}
	var all []judged
	for seed := from; seed < to; seed++ {
		w := catch(seed, most)
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			v, h := probed(t, most, w.build)
			j := judged{w, v}
			all = append(all, j)
			said := fmt.Sprintf("%s\nnamed %s\n%s", w.text, j.said(), told(h))
			switch end := float64(h.Experiments[len(h.Experiments)-1].End) / 1e9; {
			case j.wrong() && v.Confidence == "high":
				t.Error(said)
			case j.wrong() || to == from+1:
				t.Log(said)
			case end > 90:
				t.Errorf("it took %.0f s: %s", end, said)
			}
		})
	}
	t.Logf("\n%s", confusion(all))
}

// Sizes are exact up to 64 and right to 2 % above where all requests take the
// same, and right to 5 % where their times vary; and are found within a minute.
// Where they vary, one in a hundred may be missed by more, as its interval says of
// itself; and where they vary much, a pool and a pace look alike, and of a few of
// them neither may be named.
func TestSizesOfPoolsDrawnAtRandom(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	varying, abstained, missed := 0, 0, 0
	for seed := range soaked(4, 200) {
		r := rand.New(rand.NewPCG(seed, 13))
		n := int(math.Exp(r.Float64() * math.Log(float64(soaked(100, 401)))))
		wait := time.Duration(50+r.IntN(451)) * ms
		for _, cv := range []float64{0, 0.05 + 0.25*r.Float64()} {
			off := 0.05
			switch {
			case cv == 0 && n <= 64:
				off = 0
			case cv == 0:
				off = 0.02
			}
			for _, k := range pools(seed, n, wait, cv) {
				t.Run(fmt.Sprintf("%d/%s/%d/%v/%.2f", seed, k.name, n, wait, cv), func(t *testing.T) {
					v, h := probed(t, 512, k.build)
					if cv > 0 {
						varying++
					}
					switch {
					case cv > 0 && v.Wall.Kind != k.kind && (v.Confidence == "none" || v.Confidence == "low"):
						abstained++
					case cv > 0 && v.Wall.Kind == k.kind && k.limit > 0 && math.Abs(float64(*v.Wall.Limit-k.limit)) > math.Ceil(off*float64(k.limit)):
						missed++
					default:
						check(t, &k, off, v, h)
					}
					if end := h.Experiments[len(h.Experiments)-1].End; end > 60e9 {
						t.Errorf("it took %.0f s\n%s", float64(end)/1e9, told(h))
					}
				})
			}
		}
	}
	t.Logf("of %d walls with times that vary %d were not named, and %d sizes were off by more than 5 %%", varying, abstained, missed)
	if 20*abstained > varying || 100*missed > varying {
		t.Error("that is too many")
	}
}

// That there is no wall up to 400 is known within a minute and a half, from few
// requests.
func TestNoWallIsFoundSoon(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for _, wait := range []time.Duration{50 * ms, 500 * ms} {
		v, h := probed(t, 400, func() *responder.Service { return responder.New(1, responder.Wait(wait, 0.1, ms)) })
		if end := h.Experiments[len(h.Experiments)-1].End; v.Wall.Kind != None || v.Confidence != "high" || end > 90e9 || v.Requests > 30*400 {
			t.Errorf("%v: %s, confidence %s, after %.0f s and %d requests\n%s", wait, v.Wall.Kind, v.Confidence, float64(end)/1e9, v.Requests, told(h))
		}
	}
}
