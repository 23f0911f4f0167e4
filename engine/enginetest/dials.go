package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

func dialRows() []row {
	return []row{
		{name: "a dialled connection is a net.Conn", source: "package net, Conn", run: func(t testing.TB, h *harness) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { ln.Close() })
			go func() { // echoes what it gets, until the end
				for {
					c, err := ln.Accept()
					if err != nil {
						return
					}
					go func() { defer c.Close(); io.Copy(c, c) }()
				}
			}()
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				engine.TaskOf(r.Context()).Await("echo", func(task engine.Task) error {
					c, err := task.Dial(r.Context(), "tcp", ln.Addr().String())
					if err != nil {
						t.Error(err)
						return err
					}
					defer c.Close()
					if c.RemoteAddr().String() != ln.Addr().String() || c.LocalAddr() == nil {
						t.Errorf("from %v to %v", c.LocalAddr(), c.RemoteAddr())
					}
					b := make([]byte, 5)
					if _, err := io.WriteString(c, "hello"); err != nil {
						t.Error(err)
					}
					if _, err := io.ReadFull(c, b); err != nil || string(b) != "hello" {
						t.Errorf("%q %v", b, err)
					}
					// Nothing comes: a deadline ends the wait, and can be taken off.
					c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
					if n, err := c.Read(b); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("past the deadline: %d %v", n, err)
					}
					c.SetReadDeadline(time.Time{})
					io.WriteString(c, "again")
					if _, err := io.ReadFull(c, b); err != nil || string(b) != "again" {
						t.Errorf("%q %v", b, err)
					}
					c.Close()
					if _, err := c.Read(b); !errors.Is(err, net.ErrClosed) {
						t.Errorf("closed: %v", err)
					}
					return nil
				})
				fmt.Fprint(w, "done")
			})
			h.together(4, func(int) { h.want("/", 200, "done") })
		}},
		{name: "a dial that fails says why", source: contract + ", Task.Dial", run: func(t testing.TB, h *harness) {
			nobody := unreachable(h)
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				task := engine.TaskOf(r.Context())
				var op *net.OpError
				if _, err := task.Dial(r.Context(), "tcp", nobody); !errors.As(err, &op) || op.Op != "dial" {
					t.Errorf("nobody listens: %v", err)
				}
				ctx, cancel := context.WithCancel(r.Context())
				cancel()
				if _, err := task.Dial(ctx, "tcp", nobody); err == nil {
					t.Error("a cancelled context dials")
				}
			})
			h.want("/", 200, "")
		}},
		{name: "a client that leaves ends what is done for it", source: netHTTP + ", Request.Context", run: func(t testing.TB, h *harness) {
			up := h.upstream()
			errs := make(chan error, 1)
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				errs <- engine.TaskOf(r.Context()).Await("up", func(task engine.Task) error {
					req, _ := http.NewRequestWithContext(r.Context(), "GET", "http://"+up.address+"/", nil)
					_, err := h.calls.Do(task, req)
					return err
				})
			}))
			c := h.dial()
			c.send("GET / HTTP/1.1\nHost: a\n\n")
			up.holds(1)
			c.Close()
			select {
			case err := <-errs:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("the call ended with %v", err)
				}
			case <-time.After(patience):
				t.Fatal("the call goes on")
			}
			h.eventually("the upstream knows", func() bool { _, _, left := up.gauge(); return left == 1 })
			h.lives()
		}},
	}
}
