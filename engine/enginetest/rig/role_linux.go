package rig

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Main is what a TestMain begins with: in a process that [StartChild] has
// started it plays the role that the child was given, in words, and ends it.
func Main(play func(role []string) error) {
	role, ok := os.LookupEnv(roleVariable)
	if !ok {
		return
	}
	if err := play(strings.Fields(role)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// BeServer is the life of a child that listens: it says where, and serves until
// it is to end.
func BeServer(serve func(context.Context, net.Listener) error) error {
	ctx, err := Obey()
	if err != nil {
		return err
	}
	ln, err := listen()
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	return serve(ctx, ln)
}

// BeEngine is [BeServer] with an engine, and says in the end what it did.
func BeEngine[E engine.Engine](build func(model.EngineConfig) (E, error), text string, h http.Handler) error {
	cfg, err := model.ParseEngine(text)
	if err != nil {
		return err
	}
	e, err := build(cfg)
	if err != nil {
		return err
	}
	if err := BeServer(func(ctx context.Context, ln net.Listener) error { return e.Serve(ctx, ln, h) }); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(e.Stats())
}

// Obey returns a context that ends when the child is to end, which is when its
// standard input does; until then whoever asks is told the memory [InUse].
//
// It waits in Go's poller: a thread in read(2) would keep its processor from the
// server until Go's monitor takes it away.
func Obey() (context.Context, error) {
	if err := syscall.SetNonblock(0, true); err != nil {
		return nil, fmt.Errorf("rig: wait on standard input: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		for asked := bufio.NewScanner(os.NewFile(0, "stdin")); asked.Scan(); {
			fmt.Println(InUse()) // no request asks: the server may have no thread left for one
		}
	}()
	return ctx, nil
}

// InUse returns the bytes of this process's resident memory and page tables,
// without garbage; 0 if the system does not say.
func InUse() (sum int64) {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		f := strings.Fields(line)
		if len(f) == 3 && (f[0] == "VmRSS:" || f[0] == "VmPTE:") {
			kB, _ := strconv.ParseInt(f[1], 10, 64)
			sum += kB << 10
		}
	}
	return sum
}
