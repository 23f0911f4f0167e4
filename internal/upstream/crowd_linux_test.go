package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// The crowd is this test binary again, with its task in the environment.
const crowdEnv = "UPSTREAM_CROWD"

type crowdProcess struct {
	b   *testing.B
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.Reader
}

func startCrowd(b *testing.B, address string) *crowdProcess {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	b.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d %d", crowdEnv, address, crowdSize, crowdPeriod.Microseconds(), crowdHold.Microseconds()))
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
	return &crowdProcess{b, cmd, in, out}
}

// report ends the crowd.
func (p *crowdProcess) report() (r crowdReport) {
	p.b.Helper()
	p.in.Close()
	if err := json.NewDecoder(p.out).Decode(&r); err != nil {
		p.b.Error(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.b.Error(err)
	}
	return r
}

type crowdReport struct {
	P50us int64 `json:"p50_us"` // later than asked for, as the client sees it
	P99us int64 `json:"p99_us"`
}

// crowdMain connects, asks on every connection once per period (later if the
// answer is), and reports when its standard input ends.
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
	var period, us int64
	if _, err := fmt.Sscan(os.Getenv(crowdEnv), &host, &n, &period, &us); err != nil {
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
		reactor: r, period: period * 1000, hold: us * 1000, buf: make([]byte, 4096),
		request: []byte(get(fmt.Sprintf("/db?us=%d", us))),
	}
	members := make([]*crowdMember, n)
	for i := range members {
		if members[i], err = w.connect(address); err != nil {
			return err
		}
	}
	start := reactor.Clock()
	for i, m := range members {
		m.due = start + int64(i)*w.period/int64(n)
		r.Start(&m.timer, m.due)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
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
	period   int64
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
	due   int64 // the next request
	sent  int64
	timer reactor.Timer
}

func (w *crowdWork) connect(address *net.TCPAddr) (*crowdMember, error) {
	fd, err := connect(address)
	if err != nil {
		return nil, err
	}
	m := &crowdMember{work: w, fd: fd}
	m.timer.Init(m.ask)
	return m, w.reactor.Add(fd, reactor.Readable|reactor.Edge, m)
}

// connect returns a non-blocking descriptor.
func connect(address *net.TCPAddr) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: address.Port, Addr: [4]byte(address.IP.To4())})
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (m *crowdMember) ask() {
	m.due += m.work.period
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
	w.reactor.Start(&m.timer, m.due)
}
