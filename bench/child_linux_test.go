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
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/panjf2000/gnet/v2"
	"github.com/valyala/fasthttp"

	"github.com/plimsoll-dev/plimsoll/internal/engines"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/upstream"
	"github.com/plimsoll-dev/plimsoll/model"
)

// childVariable names what this binary is when it is run as a child: a peer, the
// text form of an engine, or "upstream"; and behind a space the address of the
// upstream that it asks.
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

// A child is one process, on one CPU.
type child struct {
	cmd     *exec.Cmd
	address string
}

// start starts a server on CPU 0, as engines of its kind want to be started.
func start(b *testing.B, kind string) *child { return startOn(b, 0, kind) }

func startOn(b *testing.B, cpu int, kind string) *child {
	b.Helper()
	procs, slack := 1, time.Duration(0)
	name, _, _ := strings.Cut(kind, " ")
	if cfg, err := model.ParseEngine(name); err == nil {
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
	if err := host.WithTimerSlack(slack, func() error { return host.StartPinned(c.cmd, []int{cpu}) }); err != nil {
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

// kill ends the child at once, whatever it has to answer yet.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
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
	kind, behind, _ := strings.Cut(kind, " ")
	var handler http.Handler = plaintext{}
	if behind != "" {
		handler = &relay{address: behind}
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
		go http.Serve(ln, handler)
		<-ctx.Done()
		return nil
	case "upstream":
		fmt.Println(ln.Addr())
		return upstream.New(upstream.Options{}).Serve(ctx, ln)
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
	return e.Serve(ctx, ln, handler)
}
