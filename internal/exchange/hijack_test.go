package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestHijackHandsOverWhatTheClientSentAhead(t *testing.T) {
	for name, ahead := range map[string]string{"nothing": "", "some": "ahead", "more than a buffer": strings.Repeat("ahead", 2000)} {
		t.Run(name, func(t *testing.T) {
			c, client := pair(t, &Config{BodyTimeout: time.Minute, HeaderTimeout: time.Minute, WriteTimeout: time.Minute})
			io.WriteString(client, get("Connection: Upgrade", "Upgrade: chat")+ahead)
			var conn net.Conn
			var rw *bufio.ReadWriter
			o := serve(t, c, func(w http.ResponseWriter, r *http.Request) {
				var err error
				if conn, rw, err = w.(http.Hijacker).Hijack(); err != nil {
					t.Error(err)
				}
				if _, err := w.Write([]byte("x")); err != http.ErrHijacked {
					t.Errorf("Write after Hijack: %v", err)
				}
				if _, _, err := w.(http.Hijacker).Hijack(); err != http.ErrHijacked {
					t.Errorf("second Hijack: %v", err)
				}
				if err := http.NewResponseController(w).Flush(); err != http.ErrHijacked {
					t.Errorf("Flush after Hijack: %v", err)
				}
				w.WriteHeader(500)
			})
			if o != Hijacked {
				t.Fatal(o)
			}
			if name == "some" && rw.Reader.Buffered() > 0 {
				if b, _ := rw.Peek(rw.Reader.Buffered()); !strings.HasPrefix(ahead, string(b)) {
					t.Errorf("buffered %q", b)
				}
			}
			io.WriteString(client, "behind")
			client.CloseWrite()
			got, err := io.ReadAll(rw)
			if string(got) != ahead+"behind" || err != nil {
				t.Errorf("read %d bytes %.40q, %v", len(got), got, err)
			}
			fmt.Fprint(rw, "raw")
			rw.Flush()
			conn.Close()
			if b, _ := io.ReadAll(client); string(b) != "raw" {
				t.Errorf("client got %q", b)
			}
		})
	}
}

func TestHijackFlushesABegunResponse(t *testing.T) {
	c, client := pair(t, nil)
	io.WriteString(client, get())
	serve(t, c, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "9")
		io.WriteString(w, "head")
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, "-tail")
		conn.Close()
	})
	if _, body := receiveOne(t, bufio.NewReader(client), "GET"); body != "head-tail" {
		t.Errorf("%q", body)
	}
}

// refusing cannot hand its connection over.
type refusing struct{ tcp }

func (refusing) NetConn() (net.Conn, error) { return nil, errors.New("not this one") }

func TestARefusedHijackLeavesTheResponseToTheHandler(t *testing.T) {
	c, client := pair(t, nil)
	c.Reset(refusing{c.t.(tcp)})
	io.WriteString(client, get())
	o := serve(t, c, func(w http.ResponseWriter, r *http.Request) {
		if _, _, err := w.(http.Hijacker).Hijack(); err == nil || !strings.Contains(err.Error(), "not this one") {
			t.Error(err)
		}
		io.WriteString(w, "instead")
	})
	if o != KeepAlive {
		t.Error(o)
	}
	if _, body := receiveOne(t, bufio.NewReader(client), "GET"); body != "instead" {
		t.Errorf("%q", body)
	}
}

func TestPanicsAreReportedWithTheirStack(t *testing.T) {
	var values []any
	var stacks [][]byte
	cfg := &Config{Logf: t.Logf, OnPanic: func(v any, stack []byte) { values = append(values, v); stacks = append(stacks, stack) }}
	for _, row := range []struct {
		v        any
		reported int
		handler  http.HandlerFunc
		outcome  Outcome
	}{
		{"before", 1, func(w http.ResponseWriter, r *http.Request) { panicHere("before") }, Close},
		{"sent", 2, func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush(); panicHere("sent") }, Close},
		{"abort", 2, func(w http.ResponseWriter, r *http.Request) { panicHere(http.ErrAbortHandler) }, Close},
		{"hijacked", 3, func(w http.ResponseWriter, r *http.Request) { w.(http.Hijacker).Hijack(); panicHere("hijacked") }, Hijacked},
	} {
		c, client := pair(t, cfg)
		io.WriteString(client, get())
		if o := serve(t, c, row.handler); o != row.outcome {
			t.Errorf("%v: %v", row.v, o)
		}
		c.Close()
		if len(values) != row.reported {
			t.Errorf("%v: %d panics reported, want %d", row.v, len(values), row.reported)
		}
	}
	for _, s := range stacks {
		if !bytes.Contains(s, []byte("panicHere")) {
			t.Errorf("the stack does not show where: %s", s)
		}
	}
}

func panicHere(v any) { panic(v) }

func TestGoexitInAHandlerClosesTheConnection(t *testing.T) {
	c, client := pair(t, nil)
	io.WriteString(client, get())
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(t, c, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x"); runtime.Goexit() })
		t.Error("Serve returned")
	}()
	<-done
	if b, err := io.ReadAll(client); len(b) > 0 || err != nil {
		t.Errorf("client got %q, %v", b, err)
	}
}
