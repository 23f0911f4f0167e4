package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// roleEnv is the environment variable that makes a process a child.
const roleEnv = "PLIMSOLL_CHILD"

// The roles of a child.
const (
	roleEngine   = "engine"
	roleUpstream = "upstream"
	roleLoad     = "load"
	roleBare     = "bare"
)

// ChildMain makes the process a child of a lab and does not return, if it was
// started as one; else it returns at once.
//
// A child reads one line of JSON, its specification, from standard input, and
// then commands, one word a line; it answers on standard output, one line of
// JSON each. When its standard input ends, its parent is gone or done with it,
// and it exits: no child outlives its lab.
func ChildMain(newEngine NewEngine) {
	role := os.Getenv(roleEnv)
	if role == "" {
		return
	}
	// Ctrl-C in a terminal reaches the whole process group. The lab decides.
	signal.Ignore(os.Interrupt)
	if err := childMain(role, newEngine); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", role, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func childMain(role string, newEngine NewEngine) error {
	in, err := polled(os.Stdin)
	if err != nil {
		return err
	}
	out, err := polled(os.Stdout)
	if err != nil {
		return err
	}
	c := &child{in: bufio.NewReader(in), out: json.NewEncoder(out)}
	switch role {
	case roleEngine:
		return engineChild(c, newEngine)
	case roleUpstream:
		return upstreamChild(c)
	case roleLoad:
		return loadChild(c)
	case roleBare:
		return bareChild(c)
	}
	return fmt.Errorf("no such role in this version")
}

// polled returns a pipe that a goroutine waits on without keeping a processor.
// One that is in a read(2) keeps it until Go's monitor finds out, which after a
// calm stretch takes 10 ms: on a server with GOMAXPROCS=1 nothing else runs
// meanwhile, and ten samples a second took 13 to 20 % of what it can do.
func polled(pipe *os.File) (*os.File, error) {
	fd := pipe.Fd()
	if err := syscall.SetNonblock(int(fd), true); err != nil {
		return nil, fmt.Errorf("wait on %s: %w", pipe.Name(), err)
	}
	return os.NewFile(fd, pipe.Name()), nil // one that does not block is the runtime's poller's business
}

// child is the child's end of the conversation.
type child struct {
	in  *bufio.Reader
	out *json.Encoder
}

// spec reads the specification.
func (c *child) spec(v any) error {
	line, err := c.in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read specification: %w", err)
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("read specification: %w", err)
	}
	return nil
}

// commands answers commands until standard input ends or answer returns
// errEnd.
func (c *child) commands(answer func(command string) (any, error)) error {
	for {
		line, err := c.in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read command: %w", err)
		}
		reply, err := answer(line[:len(line)-1])
		if errors.Is(err, errEnd) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.out.Encode(reply); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
}

// serve says where the child listens, runs what serves there, and answers
// commands, until it is told to stop: by the end of its standard input or by
// SIGTERM. Then run's context ends, and run is waited for.
func (c *child) serve(ln net.Listener, run func(context.Context, net.Listener) error, answer func(command string) (any, error)) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- run(ctx, ln) }()
	if err := c.out.Encode(ready{ln.Addr().String(), runtime.GOMAXPROCS(0)}); err != nil {
		return err
	}
	asked := make(chan error, 1)
	go func() { asked <- c.commands(answer) }()
	select {
	case err := <-served: // by itself: it could not go on
		return fmt.Errorf("serve: %w", err)
	case err := <-asked:
		if err != nil {
			return err
		}
	case <-terminated():
	}
	stop()
	return <-served
}

// ready is the first answer of a child that serves.
type ready struct {
	Address    string `json:"address"`
	GOMAXPROCS int    `json:"gomaxprocs"`
}

// errEnd ends a child's conversation in good order.
var errEnd = errors.New("end")

// terminated is closed on SIGTERM.
func terminated() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	return c
}
