package load

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Benchmarks run the server and the client in processes of their own, this
// binary again, so that each has the CPU that it is given.
const roleKey = "PLIMSOLL_LOAD_ROLE"

// role returns the command that runs this binary in a role, on one CPU.
func role(b *testing.B, name, cpu string, args ...string) *exec.Cmd {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := onCPU(b, cpu, self, args...)
	cmd.Env = append(os.Environ(), roleKey+"="+name, "GOMAXPROCS=2")
	cmd.Stderr = os.Stderr
	return cmd
}

func onCPU(b *testing.B, cpu, path string, args ...string) *exec.Cmd {
	b.Helper()
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		b.Skip("taskset is not installed (Debian: util-linux)")
	}
	return exec.Command(taskset, append([]string{"-c", cpu, path}, args...)...)
}

// plaintext starts the server on CPU 1 and returns its target.
func plaintext(b *testing.B) string {
	b.Helper()
	cmd := role(b, "server", "1")
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
	b.Cleanup(func() {
		in.Close() // its sign to end
		if err := cmd.Wait(); err != nil {
			b.Errorf("server: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
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
	cmd := role(b, "client", "0", string(text))
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		b.Fatal(err)
	}
	r.CPU = cpuOf(cmd)
	return r
}

// cpuOf is the CPU time that an ended process took.
func cpuOf(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

func child(role string) int {
	var err error
	switch role {
	case "server":
		err = servePlaintext()
	case "client":
		err = runAndReport()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, role+":", err)
		return 1
	}
	return 0
}

func runAndReport() error {
	var j job
	if err := json.Unmarshal([]byte(os.Args[1]), &j); err != nil {
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

// servePlaintext answers whatever arrives, on one reactor, until standard input
// ends: a server that costs less than its clients.
func servePlaintext() error {
	r, err := reactor.New()
	if err != nil {
		return err
	}
	defer r.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
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
	fmt.Println("http://" + ln.Addr().String())
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
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
