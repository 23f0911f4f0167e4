package bench

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/panjf2000/gnet/v2"
	"github.com/valyala/fasthttp"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/engines"
	"github.com/plimsoll-dev/plimsoll/internal/upstream"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestMain(m *testing.M) {
	rig.Main(play)
	os.Exit(m.Run())
}

// start starts a server on CPU 0, as engines of its kind want to be started: a
// peer, the text form of an engine, or "upstream"; and behind a space the address
// of the upstream that it asks.
func start(b *testing.B, kind string) *rig.Child { return startOn(b, 0, kind) }

func startOn(b *testing.B, cpu int, kind string) *rig.Child {
	b.Helper()
	at := rig.Place{CPUs: []int{cpu}, Procs: 1}
	name, _, _ := strings.Cut(kind, " ")
	if cfg, err := model.ParseEngine(name); err == nil {
		at.Procs, at.Slack = engines.Procs(cfg, 1), engines.Slack(cfg)
	}
	return rig.StartChild(b, kind, at)
}

// play has a child be a server.
func play(role []string) error {
	var handler http.Handler = plaintext{}
	if len(role) > 1 {
		handler = &relay{address: role[1]}
	}
	switch role[0] {
	case "fasthttp":
		s := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) {
			if string(c.Path()) == "/tidy" {
				tidy()
			}
			c.SetContentType("text/plain")
			c.WriteString(body)
		}}
		return rig.BeServer(func(ctx context.Context, ln net.Listener) error {
			go s.Serve(ln)
			<-ctx.Done()
			return nil
		})
	case "gnet":
		return beGnet()
	case "net/http":
		return rig.BeServer(func(ctx context.Context, ln net.Listener) error {
			go http.Serve(ln, handler)
			<-ctx.Done()
			return nil
		})
	case "upstream":
		return rig.BeServer(upstream.New(upstream.Options{}).Serve)
	}
	return rig.BeEngine(engines.New, role[0], handler)
}

// beGnet finds a port for what makes its own listener, and says itself when that
// is there.
func beGnet() error {
	ctx, err := rig.Obey()
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := ln.Addr().String()
	ln.Close()
	go gnet.Run(&raw{address: address}, "tcp://"+address, gnet.WithMulticore(false), gnet.WithLockOSThread(true), gnet.WithLogger(silent{}))
	<-ctx.Done()
	return nil
}
