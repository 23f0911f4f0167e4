package bench

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/panjf2000/gnet/v2"
	"github.com/valyala/fasthttp"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/engines"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/model"
)

// childVariable names what this binary serves with when it is run as a child:
// a peer, or the text form of an engine.
const childVariable = "PLIMSOLL_BENCH_SERVER"

func TestMain(m *testing.M) {
	if kind := os.Getenv(childVariable); kind != "" {
		if err := serve(kind); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A child is one server, on CPU 0 and one of Go's processors.
type child struct {
	cmd     *exec.Cmd
	address string
}

func start(b *testing.B, kind string) *child {
	b.Helper()
	procs, slack := 1, time.Duration(0)
	if cfg, err := model.ParseEngine(kind); err == nil {
		procs, slack = engines.Procs(cfg, 1), engines.Slack(cfg)
	}
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	c := &child{cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), childVariable+"="+kind, "GOMAXPROCS="+strconv.Itoa(procs))
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := host.WithTimerSlack(slack, func() error { return host.StartPinned(c.cmd, []int{0}) }); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("%s did not start: %v", kind, err)
	}
	c.address = strings.TrimSpace(line)
	return c
}

// stop asks the child to end, and waits.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	_ = c.cmd.Wait()
}

// sample returns what the child has used so far.
func (c *child) sample(b *testing.B) host.Proc {
	b.Helper()
	p, err := host.Sample(c.cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

const body = "Hello, World!"

// serve is the life of a child, until SIGTERM.
func serve(kind string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	switch kind {
	case "fasthttp":
		fmt.Println(ln.Addr())
		s := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) {
			if string(c.Path()) == "/tidy" {
				tidy()
			}
			c.SetContentType("text/plain")
			c.WriteString(body)
		}}
		go s.Serve(ln)
		<-ctx.Done()
		return nil
	case "gnet":
		address := ln.Addr().String()
		ln.Close()
		go gnet.Run(&raw{address: address}, "tcp://"+address, gnet.WithMulticore(false), gnet.WithLockOSThread(true), gnet.WithLogger(silent{}))
		<-ctx.Done()
		return nil
	case "net/http":
		fmt.Println(ln.Addr())
		go http.Serve(ln, http.HandlerFunc(plaintext))
		<-ctx.Done()
		return nil
	}
	cfg, err := model.ParseEngine(kind)
	if err != nil {
		return err
	}
	e, err := engines.New(cfg)
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	return e.Serve(ctx, ln, http.HandlerFunc(plaintext))
}

var contentType = []string{"text/plain"}

func plaintext(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/tidy":
		tidy()
	case "/compute":
		engine.TaskOf(r.Context()).Compute("compute", func() { work.Do(computation) })
	}
	w.Header()["Content-Type"] = contentType
	w.Write([]byte(body))
}

// tidy gives back what is not used, before memory is measured.
func tidy() { debug.FreeOSMemory() }

// raw answers whatever comes with the same bytes: the floor, not an HTTP server.
type raw struct {
	gnet.BuiltinEventEngine
	address string
}

func (r *raw) OnBoot(gnet.Engine) gnet.Action {
	fmt.Println(r.address)
	return gnet.None
}

var answer = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 13\r\n\r\n" + body)

func (r *raw) OnTraffic(c gnet.Conn) gnet.Action {
	b, _ := c.Next(-1)
	if strings.HasPrefix(string(b), "GET /tidy ") {
		tidy()
	}
	for range strings.Count(string(b), "\r\n\r\n") {
		c.Write(answer)
	}
	return gnet.None
}

// silent keeps gnet's log off standard output, where the address goes.
type silent struct{}

func (silent) Debugf(string, ...any) {}
func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}
