package vthread

import (
	"net/http"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// BenchmarkPinned has 8 carriers, and requests that pin one for 19 ms each in a
// system call. The peer is arithmetic: 8/0.019 = 421 requests/s, as published
// for JDK 21.
func BenchmarkPinned(b *testing.B) {
	const carriers, clients, length = 8, 64, 19 * time.Millisecond
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(carriers + 1)) // one for the clients
	r := serve(b, "vthread:carriers=8", func(_ http.ResponseWriter, req *http.Request) {
		must(engine.TaskOf(req.Context()).Block("native", func() error {
			left := unix.NsecToTimespec(int64(length))
			for unix.Nanosleep(&left, &left) == unix.EINTR {
			}
			return nil
		}))
	})
	r.http.Transport.(*http.Transport).MaxIdleConnsPerHost = clients
	var rate float64
	for b.Loop() {
		stopped := make(chan struct{})
		for range clients {
			r.all.Go(func() {
				for {
					select {
					case <-stopped:
						return
					default:
						r.want("/")
					}
				}
			})
		}
		rig.Eventually(b, "all carriers are pinned", func() bool { return r.pool().Pinned == carriers })
		before, began := r.Stats().Responses, time.Now()
		time.Sleep(3 * time.Second)
		rate = float64(r.Stats().Responses-before) / time.Since(began).Seconds()
		close(stopped)
		r.all.Wait()
	}
	b.ReportMetric(rate, "req/s")
	b.ReportMetric(rate/(carriers/length.Seconds()), "of-theory")
	b.ReportMetric(0, "ns/op")
}
