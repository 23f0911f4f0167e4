package load

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A stopper is a server that stops for a while in every period, and knows
// exactly when it did.
type stopper struct {
	gate   sync.RWMutex // held for writing while stopped
	mu     sync.Mutex   // guards stops
	stops  [][2]int64   // from, until, on the reactor's clock
	target string
}

func newStopper(t *testing.T, stop, period time.Duration) *stopper {
	s := &stopper{}
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(period)
		defer tick.Stop()
		for {
			s.gate.Lock()
			from := reactor.Clock()
			time.Sleep(stop)
			until := reactor.Clock()
			s.mu.Lock()
			s.stops = append(s.stops, [2]int64{from, until})
			s.mu.Unlock()
			s.gate.Unlock()
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	})
	t.Cleanup(func() { close(done); ended.Wait() })
	s.target = server(t, func(p *peer) {
		for {
			if _, _, err := p.request(); err != nil {
				return
			}
			time.Sleep(time.Millisecond) // so that a closed loop does not use the whole CPU
			s.gate.RLock()
			//lint:ignore SA2001 to pass the gate is to wait until it is open
			s.gate.RUnlock()
			p.say(ok)
		}
	})
	return s
}

// tail is the share of arrivals, uniform over the run, that had to wait longer
// than x: one that comes y before the end of a stop waits y, so of each stop
// all but its last x counts.
func (s *stopper) tail(x time.Duration, start int64, length time.Duration) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum int64
	for _, w := range s.stops {
		sum += max(0, min(w[1]-int64(x), start+int64(length))-max(w[0], start))
	}
	return float64(sum) / float64(length)
}

// share is what of a summary's latencies is above x.
func share(s Summary, x time.Duration) float64 {
	return 1 - float64(s.Latency.Within(x))/float64(s.Latency.Count())
}

func TestAServerThatStopsShowsTheTailOfTheClosedForm(t *testing.T) {
	const (
		stop, period = 200 * time.Millisecond, 500 * time.Millisecond
		length       = 3 * period
		tolerance    = 0.04 // of all requests: what a shift by 20 ms would change
		attempts     = 4
	)
	at := []time.Duration{40 * time.Millisecond, 100 * time.Millisecond, 160 * time.Millisecond}

	// A machine that stalls adds its own tail to a measurement, so one that is too
	// high is repeated. A client that measures wrongly does so every time.
	for attempt := 1; ; attempt++ {
		srv := newStopper(t, stop, period)
		s := run(t, Config{Target: srv.target, Preopen: 100, Stages: []model.Stage{stage(length, 400)}}, 600)
		wantAll(t, s, OK)
		good := true
		for _, x := range at {
			got, want := share(s, x), srv.tail(x, s.Clock, length)
			t.Logf("open loop: P(latency > %v) = %.3f, closed form %.3f", x, got, want)
			// Nothing makes a latency shorter than what is left of the stop.
			if got < want-0.01 {
				t.Errorf("P(latency > %v) = %.3f, below the closed form's %.3f", x, got, want)
			}
			good = good && math.Abs(got-want) <= tolerance
		}
		if good {
			break
		}
		if attempt == attempts {
			t.Fatalf("not within ±%v of the closed form in %d attempts; the client's own delay was %v at most", tolerance, attempts, s.Delay.Max())
		}
	}

	// The same server seen by a closed loop: only as many requests as there are
	// connections ever wait for a stop to end.
	srv := newStopper(t, stop, period)
	s := run(t, Config{Target: srv.target, Closed: 4, Stages: []model.Stage{stage(length, 0)}}, 0)
	x := stop / 5
	hidden, truth := share(s, x), srv.tail(x, s.Clock, length)
	t.Logf("closed loop: P(latency > %v) = %.3f, closed form %.3f", x, hidden, truth)
	if hidden > truth/2 {
		t.Errorf("a closed loop shows %.3f of its latencies above %v, where %.3f of the arrivals wait so long: it is expected to hide them", hidden, x, truth)
	}
}
