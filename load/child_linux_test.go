package load

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// play is what this binary does in a process of its own: benchmarks run server
// and client so, each on the CPU that it is given.
func play(role []string) error {
	if role[0] == "server" {
		return rig.BeServer(servePlaintext)
	}
	return runAndReport(role[1])
}

// on is where a role is played.
func on(cpu int) rig.Place { return rig.Place{CPUs: []int{cpu}, Procs: 2} }

// plaintext starts the server on CPU 1 and returns its target.
func plaintext(b *testing.B) string {
	b.Helper()
	return "http://" + rig.StartChild(b, "server", on(1)).Address
}

// A report is what the client process says of its run.
type report struct {
	OK, Failed   uint64
	Rate         float64 // answered per second
	Lag99        int64   // ns
	Delay99      int64
	DelayMax     int64
	PeakResident int64         // bytes
	CPU          time.Duration `json:"-"`
}

// A job is what the client process is to do.
type job struct {
	Target  string
	Paths   []string
	Closed  int
	Preopen int
	Nice    int
	Record  string // file; "": none
	Stage   model.Stage
}

// measure does a job in a process on CPU 0.
func measure(b *testing.B, j job) report {
	b.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		b.Fatal(err)
	}
	c := rig.StartChild(b, "client "+string(text), on(0))
	var r report
	if err := json.Unmarshal([]byte(c.Address), &r); err != nil {
		b.Fatal(err)
	}
	if err := c.Cmd.Wait(); err != nil {
		b.Fatalf("client: %v", err)
	}
	r.CPU = cpuOf(c.Cmd)
	return r
}

// cpuOf is the CPU time that an ended process took.
func cpuOf(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

func runAndReport(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	cfg := Config{Target: j.Target, Closed: j.Closed, Preopen: j.Preopen, Nice: j.Nice, Stages: []model.Stage{j.Stage}}
	for _, p := range j.Paths {
		cfg.Routes = append(cfg.Routes, Route{Path: p})
	}
	var s Summary
	var err error
	if j.Record == "" {
		s, err = Run(context.Background(), cfg, func(Second) {})
	} else {
		var w *record.Writer
		if w, err = record.Create(j.Record); err == nil {
			s, err = Record(context.Background(), cfg, w, record.Meta{})
			err = errors.Join(err, w.Close())
		}
	}
	if err != nil {
		return err
	}
	peak, err := peakResident()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(report{
		OK: s.Outcomes[OK], Failed: s.Failed(), Rate: s.Answered(),
		Lag99: int64(s.Lag.Quantile(0.99)), Delay99: int64(s.Delay.Quantile(0.99)), DelayMax: int64(s.Delay.Max()), PeakResident: peak,
	})
}

func peakResident() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kB, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
	return kB << 10, err
}

// servePlaintext answers whatever arrives, on one reactor: a server that costs
// less than its clients.
func servePlaintext(ctx context.Context, ln net.Listener) error {
	r, err := reactor.New()
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	fd := int(f.Fd())
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	if err := r.Add(fd, reactor.Readable, &acceptor{r, fd}); err != nil {
		return err
	}
	return r.Run(ctx)
}

type acceptor struct {
	r  *reactor.Reactor
	fd int
}

func (a *acceptor) Ready(reactor.Events) {
	fd, err := reactor.Accept4(a.fd)
	if err == nil {
		_ = a.r.Add(fd, reactor.Readable, &echo{a.r, fd})
	}
}

type echo struct {
	r  *reactor.Reactor
	fd int
}

var (
	echoBuf [4096]byte
	echoOK  = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!")
)

func (e *echo) Ready(reactor.Events) {
	_, err := reactor.Read(e.fd, echoBuf[:])
	if err == reactor.ErrAgain {
		return
	}
	if err == nil {
		_, err = reactor.Write(e.fd, echoOK)
	}
	if err != nil {
		_ = e.r.Remove(e.fd)
		_ = unix.Close(e.fd)
	}
}
