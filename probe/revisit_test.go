package probe

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// Requests that come to a pool several times, each time at the end of the queue,
// are all late: as if they shared a processor. It has a size all the same.
func TestAPoolThatRequestsComeToSeveralTimesIsAPool(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 6) {
		r := rand.New(rand.NewPCG(seed, 37))
		n := 3 + r.IntN(24)
		wait := time.Duration(80+r.IntN(300)) * ms
		shares := [][]float64{{0.99, 0.01}, {0.5, 0.5}, {0.3, 0.4, 0.3}}[seed%3]
		cv := 0.1 * float64(seed/3%2)
		t.Run(fmt.Sprintf("%d/%d/%v/%v/%.1f", seed, n, wait, shares, cv), func(t *testing.T) {
			v, h := probed(t, 256, func() *responder.Service {
				return responder.New(seed, responder.Visits(n, wait, cv, ms, shares...))
			})
			check(t, &known{kind: PrivatePool, limit: n}, 0.05, v, h)
		})
	}
}

// By hand: a place for one, and each of two requests comes to it twice.
func TestVisitsGoToTheEndOfTheQueue(t *testing.T) {
	draw := func() float64 { return 1 }
	for _, c := range []struct {
		n      int
		sent   []float64
		shares []float64
		want   string
	}{
		{1, []float64{0, 0}, []float64{0.5, 0.5}, "[1.5 2]"},
		{1, []float64{0, 0}, []float64{1, 0}, "[2 2]"},
		{2, []float64{0, 0, 0}, []float64{1, 0}, "[1 1 2]"},
		{2, []float64{0, 0.25}, []float64{0.5, 0.5}, "[1 1.25]"},
		{1, []float64{0, 5}, []float64{1, 0}, "[1 6]"},
	} {
		if got := fmt.Sprint(revisited(c.n, c.shares)(c.sent, draw, nil)); got != c.want {
			t.Errorf("%d at a time, sent at %v, shares %v: done at %s; it should be %s", c.n, c.sent, c.shares, got, c.want)
		}
	}
}
