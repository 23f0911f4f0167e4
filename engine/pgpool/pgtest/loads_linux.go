package pgtest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/pgpool"
)

func endRows() []row {
	return []row{
		{name: "Close lets queries end, and nobody begin", options: pgpool.Options{Size: 2}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{"/": h.query(Pass), "/pid": h.query(pid)})
			h.want("/pid")
			h.CloseGate(t)
			answers := h.start(2, "/")
			h.sessions(2, Waiting)
			waiting := h.start(2, "/pid")
			eventually(t, "others wait for a connection", func() bool { return h.pool.Resource().Stats().Waiting == 2 })
			ctx, cancel := context.WithTimeout(context.Background(), brief)
			defer cancel()
			if err := h.pool.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Close, while queries run: %v", err)
			}
			closed := make(chan error, 1)
			go func() { closed <- h.pool.Close(context.Background()) }()
			h.sessions(2, Waiting)
			h.OpenGate(t)
			if err := <-closed; err != nil {
				t.Errorf("Close: %v", err)
			}
			for range cap(answers) {
				if a := <-answers; a.err != nil {
					t.Errorf("a query that had begun: %v", a.err)
				}
			}
			for range cap(waiting) {
				if a := <-waiting; !errors.Is(a.err, pgpool.ErrClosed) {
					t.Errorf("one that waited: %v", a.err)
				}
			}
			if _, err := h.get("/pid"); !errors.Is(err, pgpool.ErrClosed) {
				t.Errorf("one that came later: %v", err)
			}
			h.sessions(0, Any)
		}},
	}
}

func loadRows() []row {
	return []row{
		{name: "a hundred queries of 0.2 s on twenty connections take about five turns", options: pgpool.Options{Size: 20}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{
				"/warm":  h.query(Pass),
				"/sleep": h.query("select concat_ws(' ', extract(epoch from statement_timestamp()), extract(epoch from clock_timestamp())) from (select pg_sleep(0.2)) nap"),
			})
			h.CloseGate(t) // all connections are there before it begins
			warm := h.start(20, "/warm")
			h.sessions(20, Waiting)
			h.OpenGate(t)
			for range cap(warm) {
				if a := <-warm; a.err != nil {
					t.Fatal(a.err)
				}
			}
			answers := h.start(Requests, "/sleep")
			// Under way are all twenty and never more: by the server's account.
			h.sessions(20, Active)
			naps := make([]nap, 0, cap(answers))
			for range cap(answers) {
				a := <-answers
				if a.err != nil {
					t.Fatal(a.err)
				}
				naps = append(naps, parseNap(t, a.text))
			}
			if n := atOnce(naps); n != 20 {
				t.Errorf("%d were under way at once", n)
			}
			// One after the other they would be 100, two at a time 50; five leave
			// room for a machine that has something else to do, too.
			if n := turns(naps); n < 5 || n > 25 {
				t.Errorf("%d turns", n)
			}
		}},
		{name: "without a pool every request is a session, up to the server's limit", options: pgpool.Options{PerRequest: true}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{"/": h.query(Pass), "/pid": h.query(pid)})
			seen := map[string]bool{}
			for range 10 {
				seen[h.want("/pid")] = true
			}
			if s := h.pool.Stats(); len(seen) != 10 || s.Opened != 10 || s.Open != 0 || h.pool.Resource() != nil {
				t.Errorf("%d sessions for 10 requests, %+v", len(seen), s)
			}
			h.sessions(0, Any)
			h.CloseGate(t)
			// The observer takes one. One comes after the other, because those
			// that are being refused count, too, while they are.
			const limit = MaxConnections - 1
			answers := make(chan answer, limit)
			for i := range limit {
				go func() { text, err := h.get("/"); answers <- answer{text, err} }()
				h.sessions(i+1, Waiting)
			}
			for range 3 {
				if _, err := h.get("/pid"); !errors.Is(err, pgpool.ErrTooManyConnections) || !strings.Contains(err.Error(), "max_connections") {
					t.Errorf("request %d at once: %v", limit+1, err)
				}
			}
			h.OpenGate(t)
			for range limit {
				if a := <-answers; a.err != nil {
					t.Error(a.err)
				}
			}
			h.sessions(0, Any)
			h.want("/pid")
		}},
	}
}

// A nap is when a query began and ended, in seconds by the server's clock.
type nap struct{ from, to float64 }

func parseNap(t *testing.T, text string) nap {
	from, to, _ := strings.Cut(text, " ")
	f, err1 := strconv.ParseFloat(from, 64)
	u, err2 := strconv.ParseFloat(to, 64)
	if err1 != nil || err2 != nil {
		t.Fatalf("the server answered %q", text)
	}
	return nap{f, u}
}

// atOnce returns the most naps that overlap.
func atOnce(naps []nap) (most int) {
	for _, a := range naps {
		n := 0
		for _, b := range naps {
			if b.from <= a.from && a.from < b.to {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// turns returns how many naps there are at most of which each begins after the
// one before has ended.
func turns(naps []nap) (n int) {
	slices.SortFunc(naps, func(a, b nap) int {
		switch {
		case a.to < b.to:
			return -1
		case a.to > b.to:
			return 1
		}
		return 0
	})
	end := 0.0
	for _, nap := range naps {
		if nap.from >= end {
			end = nap.to
			n++
		}
	}
	return n
}
