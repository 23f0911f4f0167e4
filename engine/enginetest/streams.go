package enginetest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func streamRows() []row {
	return []row{
		{name: "Flush sends what was written, while the handler goes on", source: netHTTP + ", Flusher", run: func(t testing.TB, h *harness) {
			next := make(chan struct{})
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				for i := range 3 {
					fmt.Fprint(w, i)
					w.(http.Flusher).Flush()
					<-next
				}
			})
			c := h.dial()
			c.send("GET / HTTP/1.1\nHost: a\n\n")
			body := c.head(http.MethodGet).Body
			for i := range 3 {
				b := make([]byte, 1)
				if _, err := io.ReadFull(body, b); err != nil || string(b) != fmt.Sprint(i) {
					t.Errorf("%q %v", b, err)
				}
				next <- struct{}{}
			}
			if rest, err := readAll(body); rest != "" || err != nil {
				t.Errorf("%q %v", rest, err)
			}
		}},
		{name: "both directions stream at once", source: netHTTP + ", EnableFullDuplex", run: func(t testing.TB, h *harness) {
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				rc := http.NewResponseController(w)
				if err := rc.EnableFullDuplex(); err != nil {
					t.Error(err)
				}
				b := make([]byte, 1)
				for {
					n, err := r.Body.Read(b)
					if _, e := w.Write(b[:n]); e != nil || rc.Flush() != nil {
						t.Error("write failed")
					}
					if err != nil {
						return
					}
				}
			})
			c := h.dial()
			c.send("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n1\n0\n")
			body := c.head(http.MethodPost).Body
			for i := range 5 { // each piece is answered before the next is sent
				b := make([]byte, 1)
				if _, err := io.ReadFull(body, b); err != nil || string(b) != fmt.Sprint(i) {
					t.Fatalf("%q %v", b, err)
				}
				if i < 4 {
					c.send("1\n%d\n", i+1)
				}
			}
			c.send("0\n\n")
			if rest, err := readAll(body); rest != "" || err != nil {
				t.Errorf("%q %v", rest, err)
			}
			c.send("GET / HTTP/1.1\nHost: a\n\n") // and the connection goes on
			c.want(200, "")
		}},
		{name: "a handler takes the connection over", source: netHTTP + ", Hijacker", run: func(t testing.TB, h *harness) {
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				conn, rw, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
				for {
					line, err := rw.ReadString('\n')
					if err != nil {
						return
					}
					rw.WriteString(strings.ToUpper(line))
					rw.Flush()
				}
			}))
			c := h.dial()
			// What comes with the head is not lost.
			c.send("GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: echo\n\nearly\n")
			if res := c.head(http.MethodGet); res.StatusCode != 101 {
				t.Fatalf("answered %d", res.StatusCode)
			}
			for _, word := range []string{"early", "late", "later"} {
				if word != "early" {
					c.send("%s\n", word)
				}
				if line, err := c.r.ReadString('\n'); line != strings.ToUpper(word)+"\r\n" {
					t.Errorf("%q %v", line, err)
				}
			}
			c.CloseWrite()
			c.wantEnd()
			h.lives()
		}},
		{name: "a read deadline interrupts the reading of a body", source: netHTTP + ", ResponseController", run: func(t testing.TB, h *harness) {
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
					t.Error(err)
				}
				if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("reading ended with %v", err)
				}
				w.WriteHeader(http.StatusTeapot)
			})
			c := h.dial()
			c.send("POST / HTTP/1.1\nHost: a\nContent-Length: 10\n\nhalf")
			c.want(http.StatusTeapot, "")
		}},
		{name: "a write deadline interrupts the writing to a client that does not read", source: netHTTP + ", ResponseController", run: func(t testing.TB, h *harness) {
			failed := make(chan error, 1)
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
					t.Error(err)
				}
				piece := make([]byte, 1<<20)
				for {
					if _, err := w.Write(piece); err != nil {
						failed <- err
						return
					}
				}
			}))
			h.dial().send("GET / HTTP/1.1\nHost: a\n\n")
			if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("writing ended with %v", err)
			}
			h.lives()
		}},
	}
}
