package lab

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/engines"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
)

// BenchmarkTraced is what a request of four steps costs more while it is
// recorded: CPU time of the process, clients included, in turns with and
// without, so that a slow second of the machine hits both.
func BenchmarkTraced(b *testing.B) {
	for _, name := range []string{"thread:max=16", "goroutine", "loop", "vthread:carriers=1"} {
		b.Run(name, func(b *testing.B) {
			requests := serveSteps(b, name)
			const stretch, turns = 50 * time.Millisecond, 40
			var cpu, served [2]float64 // without, with
			for range b.N {
				for turn := range 2 * turns {
					on := turn % 2
					if on == 1 {
						trace.Start(account.Now, int64(time.Hour), 1<<16)
					}
					before, n := cpuTime(b), requests.Load()
					time.Sleep(stretch)
					cpu[on] += float64(cpuTime(b) - before)
					served[on] += float64(requests.Load() - n)
					if r := trace.Take(); r != nil && (r.Dropped > 0 || len(r.Events) < 5*int(requests.Load()-n)/2) {
						b.Errorf("%d events and %d dropped of %d requests", len(r.Events), r.Dropped, requests.Load()-n)
					}
				}
			}
			off, on := cpu[0]/served[0], cpu[1]/served[1]
			b.ReportMetric(off/1000, "µs/request")
			b.ReportMetric((on-off)/1000, "µs-more")
			b.ReportMetric(on/off, "ratio")
		})
	}
}

func cpuTime(b *testing.B) time.Duration {
	u, err := host.SelfUsage()
	if err != nil {
		b.Fatal(err)
	}
	return u.User + u.System
}

// serveSteps has an engine serve clients that ask again and again, and returns
// how many requests were answered.
func serveSteps(b *testing.B, name string) *atomic.Int64 {
	cfg, err := model.ParseEngine(name)
	if err != nil {
		b.Fatal(err)
	}
	e, err := engines.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	ln, err := listen("")
	if err != nil {
		b.Fatal(err)
	}
	pool := engine.NewResource("pool", 1000)
	nothing := func(engine.Task) error { return nil }
	h := tracePaths(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t := engine.TaskOf(r.Context())
		_ = t.Hold(pool, func(t engine.Task) error { return t.Await("await", nothing) })
		_ = t.Call("call", nothing)
		t.Compute("compute", func() {})
	}))
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = e.Serve(ctx, ln, h) })
	requests := new(atomic.Int64)
	for range 8 {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		all.Go(func() {
			defer c.Close()
			in := bufio.NewReader(c)
			for ctx.Err() == nil {
				if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")); err != nil {
					return
				}
				r, err := http.ReadResponse(in, nil)
				if err != nil || r.Body.Close() != nil {
					return
				}
				requests.Add(1)
			}
		})
	}
	b.Cleanup(func() {
		stop()
		all.Wait()
	})
	for requests.Load() < 1000 {
		time.Sleep(time.Millisecond)
	}
	return requests
}
