package future

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
	"github.com/plimsoll-dev/plimsoll/engine/thread"
	"github.com/plimsoll-dev/plimsoll/internal/upstream"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A child is this test binary, run again: a process with descriptors, and
// GOMAXPROCS, of its own. It ends with its standard input.
type child struct {
	cmd     *exec.Cmd
	in      io.Writer
	out     *bufio.Reader
	address string
	stop    func() // and waits for the end
}

// roleVariable says what a child is: "gate", "upstream", or "engine <config>
// <verb> <upstream>".
const roleVariable = "PLIMSOLL_FUTURE_TEST_CHILD"

// startChild starts a child and waits until it listens. begin, if not nil,
// calls what starts it.
func startChild(t testing.TB, role string, begin func(start func() error) error, env ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command("/proc/self/exe")}
	c.cmd.Env = append(append(os.Environ(), env...), roleVariable+"="+role)
	c.cmd.Stderr = os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if begin == nil {
		begin = func(start func() error) error { return start() }
	}
	if err := begin(c.cmd.Start); err != nil {
		t.Fatal(err)
	}
	stopped := false
	c.stop = func() {
		if !stopped {
			stopped = true
			in.Close()
			_ = c.cmd.Wait()
		}
	}
	t.Cleanup(c.stop)
	c.in, c.out = in, bufio.NewReader(out)
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("child %q did not start: %v", role, err)
	}
	c.address = strings.TrimSpace(line)
	return c
}

// beChild is the main function of a child.
func beChild(role string) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	word := strings.Fields(role)
	fmt.Println(ln.Addr())
	if word[0] == "gate" {
		beGate(ln)
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if word[0] == "upstream" {
		return upstream.New(upstream.Options{}).Serve(ctx, ln)
	}
	cfg, err := model.ParseEngine(word[1])
	if err != nil {
		return err
	}
	build := New
	if cfg.Engine == "thread" {
		build = thread.New
	}
	e, err := build(cfg)
	if err != nil {
		return err
	}
	return e.Serve(ctx, ln, relay(word[2], word[3]))
}

// relay asks the upstream, by a verb, for what it is asked for.
func relay(verb, address string) http.Handler {
	var c httpclient.Client
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := engine.TaskOf(r.Context())
		step := t.Await
		if verb == model.Call.String() {
			step = t.Call
		}
		err := step("upstream", func(t engine.Task) error {
			var buf [512]byte
			status, _, err := c.Get(t, address, r.URL.RequestURI(), buf[:])
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("upstream answered %d", status)
			}
			return err
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	})
}
