package upstream

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// BenchmarkHold keeps 9,000 requests of one second pending for five seconds:
// as each is answered its client asks again, so that 9,000 a second arrive.
// The clients are another process, as they are in a measurement. The goal is a
// p99 of the server's lateness of at most 2,000 µs.
func BenchmarkHold(b *testing.B) {
	for _, n := range []int{100, 9000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) { benchmarkHold(b, n) })
	}
}

func benchmarkHold(b *testing.B, n int) {
	s := serve(b, Options{})
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := startCrowd(b, s.address, n, time.Second)
	s.await(b, "everybody connected", func(st Stats) bool { return st.Connections == n })
	var after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&after)
	c.say("go")
	s.await(b, "all pending, and some answered already", func(st Stats) bool {
		return st.InFlight > n*9/10 && st.Requests > uint64(2*n)
	})

	s.ResetPeaks()
	start, cpu := s.Stats(), cpuTime(b)
	time.Sleep(5 * time.Second) // the measurement itself
	end, cpuEnd := s.Stats(), cpuTime(b)
	c.say("stop")
	var seen crowdReport
	if err := json.NewDecoder(c.out).Decode(&seen); err != nil {
		b.Fatal(err)
	}
	c.wait()

	seconds := float64(end.ClockNs-start.ClockNs) / 1e9
	requests := float64(end.Requests - start.Requests)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric((end.InFlightSeconds-start.InFlightSeconds)/seconds, "in-flight")
	b.ReportMetric(requests/seconds, "requests/s")
	b.ReportMetric(float64(end.LatenessP50us), "µs-late-p50")
	b.ReportMetric(float64(end.LatenessP99us), "µs-late-p99")
	b.ReportMetric(float64(end.LatenessP99us)/2000, "p99/goal")
	b.ReportMetric(float64(end.LatenessMaxUs), "µs-late-max")
	b.ReportMetric(float64(cpuEnd-cpu)/1e3/requests, "µs-CPU/request")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "heap-B/connection")
	b.ReportMetric(float64(seen.P99us), "client-µs-late-p99")
}

func cpuTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// The crowd is this test binary again, with its task in the environment.
const crowdEnv = "UPSTREAM_CROWD"

type crowdProcess struct {
	b    *testing.B
	say  func(string)
	out  *bufio.Reader
	wait func()
}

func startCrowd(b *testing.B, address string, n int, hold time.Duration) *crowdProcess {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", crowdEnv, address, n, hold.Microseconds()))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(cancel)
	return &crowdProcess{b, func(text string) {
		if _, err := fmt.Fprintln(in, text); err != nil {
			b.Error(err)
		}
	}, bufio.NewReader(out), func() {
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	}}
}

type crowdReport struct {
	P50us int64 `json:"p50_us"` // later than asked for, as the client sees it
	P99us int64 `json:"p99_us"`
}

// crowdMain connects, waits for a line on standard input, asks on every
// connection at an even pace and again after each answer, and reports after
// the next line.
func crowdMain() int {
	if err := runCrowd(); err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		return 1
	}
	return 0
}

func runCrowd() error {
	var host string
	var n int
	var us int64
	if _, err := fmt.Sscan(os.Getenv(crowdEnv), &host, &n, &us); err != nil {
		return err
	}
	address, err := net.ResolveTCPAddr("tcp", host)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	r, err := reactor.New()
	if err != nil {
		return err
	}
	defer r.Close()
	w := &crowdWork{
		reactor: r, hold: us * 1000, buf: make([]byte, 4096),
		request: []byte(get(fmt.Sprintf("/db?us=%d", us))),
	}
	members := make([]*crowdMember, n)
	for i := range members {
		if members[i], err = w.connect(address); err != nil {
			return err
		}
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan()
	start := reactor.Clock()
	for i, m := range members {
		r.Start(&m.timer, start+int64(i)*w.hold/int64(n))
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		lines.Scan()
		cancel()
	}()
	if err := r.Run(ctx); err != nil {
		return err
	}
	if w.err != nil || len(w.late) == 0 {
		return errors.Join(errors.New("no measurement"), w.err)
	}
	slices.Sort(w.late)
	return json.NewEncoder(os.Stdout).Encode(crowdReport{
		w.late[len(w.late)/2] / 1000, w.late[len(w.late)*99/100] / 1000,
	})
}

type crowdWork struct {
	reactor  *reactor.Reactor
	hold     int64
	request  []byte
	response wire.Response
	buf      []byte
	late     []int64
	err      error
}

type crowdMember struct {
	work  *crowdWork
	fd    int
	sent  int64
	timer reactor.Timer
}

func (w *crowdWork) connect(address *net.TCPAddr) (*crowdMember, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: address.Port, Addr: [4]byte(address.IP.To4())}); err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	m := &crowdMember{work: w, fd: fd}
	m.timer.Init(m.ask)
	return m, w.reactor.Add(fd, reactor.Readable|reactor.Edge, m)
}

func (m *crowdMember) ask() {
	m.sent = reactor.Clock()
	if _, err := reactor.Write(m.fd, m.work.request); err != nil {
		m.work.err = err
	}
}

func (m *crowdMember) Ready(reactor.Events) {
	w := m.work
	n, err := reactor.Read(m.fd, w.buf)
	if err != nil {
		w.err = err
		return
	}
	w.late = append(w.late, reactor.Clock()-m.sent-w.hold)
	// Answers are far below a segment, so one read has all of it.
	head, err := wire.ParseResponse(w.buf[:n], &w.response, false, wire.DefaultLimits)
	if err != nil || w.response.Status != 200 || int64(n-head) != w.response.Length {
		w.err = fmt.Errorf("answer %q: %w", w.buf[:n], err)
		return
	}
	m.ask()
}
