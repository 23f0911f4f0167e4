package upstream

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkHold keeps 9,000 requests of one second pending for four seconds:
// 9,900 connections ask every 1.1 s, evenly spread, so 9,000 a second arrive.
// (If each asked again as soon as it was answered, those that one stall of the
// machine delays together would stay together and delay each other from then
// on.) The clients are another process, as in a measurement. The goal is a
// p99 of the server's lateness of at most 2,000 µs. The peer is a handler on
// net/http that sleeps; what it is compared in, the clients have seen.
func BenchmarkHold(b *testing.B) {
	var peer holdFigures
	b.Run("net-http", func(b *testing.B) { peer = holdPeer(b) })
	for _, nice := range []int{0, -15} {
		b.Run(fmt.Sprintf("upstream/nice=%d", nice), func(b *testing.B) {
			f := holdOurs(b, nice)
			if peer.requests > 0 {
				b.ReportMetric(f.cpu/peer.cpu, "CPU/peer")
				b.ReportMetric(float64(f.seen.P99us)/float64(peer.seen.P99us), "client-late-p99/peer")
			}
		})
	}
}

const (
	crowdSize   = 9900
	crowdPeriod = 1100 * time.Millisecond
	crowdHold   = time.Second
	// crowdTime is measured, after the first two answers of everybody.
	crowdTime = 4 * time.Second
)

// holdFigures are what is known about any server.
type holdFigures struct {
	requests uint64
	cpu      float64 // µs per request
	seen     crowdReport
}

// measureHold lets the crowd loose on a server that counts its requests.
// during is called at both ends of what is measured.
func measureHold(b *testing.B, address string, requests func() uint64, during func()) holdFigures {
	c := startCrowd(b, address)
	await(b, func() (string, bool) { return "everybody was answered twice", requests() > 2*crowdSize })
	during()
	before, cpu := requests(), cpuTime(b)
	time.Sleep(crowdTime) // the measurement itself
	n := requests() - before
	f := holdFigures{requests: n, cpu: float64(cpuTime(b)-cpu) / 1e3 / float64(n)}
	during()
	f.seen = c.report()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(n)/crowdTime.Seconds(), "requests/s")
	b.ReportMetric(f.cpu, "µs-CPU/request")
	b.ReportMetric(float64(f.seen.P99us), "client-µs-late-p99")
	return f
}

func holdOurs(b *testing.B, nice int) holdFigures {
	s := serve(b, Options{Nice: nice})
	var ends []Stats
	f := measureHold(b, s.address, func() uint64 { return s.Stats().Requests }, func() {
		ends = append(ends, s.Stats())
		if len(ends) == 1 {
			s.ResetLateness()
		}
	})
	start, end := ends[0], ends[1]
	b.ReportMetric((end.InFlightSeconds-start.InFlightSeconds)/(float64(end.ClockNs-start.ClockNs)/1e9), "in-flight")
	b.ReportMetric(float64(end.LatenessP50us), "µs-late-p50")
	b.ReportMetric(float64(end.LatenessP99us), "µs-late-p99")
	b.ReportMetric(float64(end.LatenessMaxUs), "µs-late-max")
	b.ReportMetric(float64(end.LatenessP99us)/2000, "late-p99/goal")
	return f
}

func holdPeer(b *testing.B) holdFigures {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var requests atomic.Uint64
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		us, err := strconv.Atoi(r.URL.Query().Get("us"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		time.Sleep(time.Duration(us) * time.Microsecond)
		_, _ = w.Write([]byte("ok\n"))
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(ln) // ends with Close
	}()
	defer func() {
		server.Close()
		<-done
	}()
	return measureHold(b, ln.Addr().String(), requests.Load, func() {})
}

// BenchmarkIdleConnection reports the heap that a connection takes.
func BenchmarkIdleConnection(b *testing.B) {
	s := serve(b, Options{})
	const n = 2000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	fds := make([]int, 0, n)
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	address, err := net.ResolveTCPAddr("tcp", s.address)
	if err != nil {
		b.Fatal(err)
	}
	for range n {
		fd, err := connect(address)
		if err != nil {
			b.Fatal(err)
		}
		fds = append(fds, fd)
	}
	s.await(b, "everybody connected", func(st Stats) bool { return st.Connections == n })
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "heap-B/connection")
}

func cpuTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
