package exchange

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A handler that returns while another goroutine still reads the body: what
// http.TimeoutHandler and httputil.ReverseProxy do.
func TestABodyInTheHandsOfAnotherGoroutineEndsTheConnection(t *testing.T) {
	c, client := pair(t, nil)
	io.WriteString(client, message("POST / HTTP/1.1", []string{"Content-Length: 10"}, "hello"))
	read := make(chan error, 1)
	o := serve(t, c, func(w http.ResponseWriter, r *http.Request) {
		first := make(chan struct{})
		go func() {
			if _, err := io.ReadFull(r.Body, make([]byte, 5)); err != nil {
				t.Error(err)
			}
			close(first)
			_, err := r.Body.Read(make([]byte, 5)) // waits for the client
			read <- err
		}()
		<-first
		for r.Body.(*body).state.Load() != bodyReading {
		}
		io.WriteString(w, "early")
	})
	if o != Close {
		t.Error(o)
	}
	if c.b != nil {
		t.Error("the buffers that the other goroutine uses go back to the pool")
	}
	io.WriteString(client, "world")
	client.CloseWrite()
	if err := <-read; err != http.ErrBodyReadAfterClose {
		t.Errorf("the other goroutine's Read: %v", err)
	}
	c.Close()
	if resp, body := receiveOne(t, bufio.NewReader(client), "POST"); body != "early" || !resp.Close {
		t.Error(body, resp.Close)
	}
}

func TestConcurrentReadsOfABodyAreAnError(t *testing.T) {
	c, client := pair(t, nil)
	io.WriteString(client, message("POST / HTTP/1.1", []string{"Content-Length: 5"}, ""))
	serve(t, c, func(w http.ResponseWriter, r *http.Request) {
		var other sync.WaitGroup
		other.Go(func() {
			if b, err := io.ReadAll(r.Body); string(b) != "hello" || err != nil {
				t.Errorf("%q, %v", b, err)
			}
		})
		for r.Body.(*body).state.Load() != bodyReading {
		}
		if _, err := r.Body.Read(make([]byte, 1)); err != errConcurrentRead {
			t.Error(err)
		}
		io.WriteString(client, "hello")
		other.Wait()
	})
}

// Whoever comes first, 100 Continue never stands inside or behind the
// response.
func TestContinueFromAnotherGoroutineNeverFollowsTheResponse(t *testing.T) {
	addr := startExchange(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var other sync.WaitGroup
		other.Go(func() { _, _ = io.Copy(io.Discard, r.Body) })
		if strings.HasPrefix(r.URL.Path, "/103") {
			w.WriteHeader(103)
		}
		io.WriteString(w, "answer")
		w.(http.Flusher).Flush()
		r.Body.Close()
	}), nil)
	const all = 300
	failed := 0 // because a thread that was writing got no CPU for continueTime
	for i := range all {
		c := dial(t, addr)
		path := []string{"/", "/103"}[i%2]
		io.WriteString(c, message("POST "+path+" HTTP/1.1", []string{"Expect: 100-continue", "Content-Length: 5"}, ""))
		br := bufio.NewReader(c)
		for {
			resp, err := http.ReadResponse(br, nil)
			if err == io.ErrUnexpectedEOF {
				failed++
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode >= 200 {
				if b, err := io.ReadAll(resp.Body); string(b) != "answer" || err != nil {
					t.Fatalf("%q, %v", b, err)
				}
				break
			}
		}
		c.CloseWrite()
		if rest, _ := io.ReadAll(br); len(rest) > 0 {
			t.Fatalf("behind the response: %q", rest)
		}
		c.Close()
	}
	if failed > all/10 {
		t.Errorf("of %d responses %d failed", all, failed)
	}
}
