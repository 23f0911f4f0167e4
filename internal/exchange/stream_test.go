package exchange

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
)

// noise is n reproducible bytes that are counted and hashed on the way.
type noise struct {
	r    *rand.ChaCha8
	left int
	sum  hash.Hash
}

func newNoise(n int) *noise { return &noise{rand.NewChaCha8([32]byte{1}), n, sha256.New()} }

func (s *noise) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), s.left)]
	s.r.Read(p)
	s.left -= len(p)
	s.sum.Write(p)
	return len(p), nil
}

func TestBigBodiesArriveWholeBothWays(t *testing.T) {
	const size = 20 << 20
	addr := startExchange(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.New()
		if _, err := io.Copy(sum, r.Body); err != nil {
			t.Error(err)
		}
		if r.URL.RawQuery == "length" {
			w.Header().Set("Content-Length", fmt.Sprint(size))
		}
		w.Header().Set("Got", fmt.Sprintf("%x", sum.Sum(nil)))
		body := newNoise(size)
		io.Copy(w, body)
		w.Header().Set(http.TrailerPrefix+"Sent", fmt.Sprintf("%x", body.sum.Sum(nil)))
	}), nil)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for _, length := range []bool{true, false} {
		body := newNoise(size)
		target := "http://" + addr + "/"
		req, _ := http.NewRequest("POST", target, body)
		if length {
			req.URL.RawQuery = "length"
			req.ContentLength = size
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		n, err := io.Copy(sum, resp.Body)
		resp.Body.Close()
		if err != nil || n != size {
			t.Fatalf("received %d bytes, %v", n, err)
		}
		if got, want := resp.Header.Get("Got"), fmt.Sprintf("%x", body.sum.Sum(nil)); got != want {
			t.Errorf("length %v: the handler received something else", length)
		}
		if got := fmt.Sprintf("%x", sum.Sum(nil)); !length && got != resp.Trailer.Get("Sent") {
			t.Errorf("length %v: the client received something else", length)
		}
	}
}

// Each message is sent only when the answer to the last one has arrived, so
// that nothing may be held back on either way.
func TestStreamsInBothDirectionsAtOnce(t *testing.T) {
	addr := startExchange(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		if err := rc.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		for lines := bufio.NewScanner(r.Body); lines.Scan(); {
			fmt.Fprintln(w, strings.ToUpper(lines.Text()))
			if err := rc.Flush(); err != nil {
				t.Error(err)
			}
		}
	}), nil)
	c := dial(t, addr)
	io.WriteString(c, message("POST / HTTP/1.1", []string{"Transfer-Encoding: chunked"}, ""))
	br := bufio.NewReader(c)
	var lines *bufio.Scanner
	for i := range 100 {
		line := fmt.Sprintf("line %d\n", i)
		fmt.Fprintf(c, "%x\r\n%s\r\n", len(line), line)
		if i == 0 {
			resp, err := http.ReadResponse(br, nil)
			if err != nil {
				t.Fatal(err)
			}
			lines = bufio.NewScanner(resp.Body)
		}
		if !lines.Scan() || lines.Text()+"\n" != strings.ToUpper(line) {
			t.Fatalf("line %d: %q, %v", i, lines.Text(), lines.Err())
		}
	}
	io.WriteString(c, "0\r\n\r\n"+get())
	if lines.Scan() {
		t.Errorf("the response does not end: %q", lines.Text())
	}
	if resp, err := http.ReadResponse(br, nil); err != nil || resp.StatusCode != 200 {
		t.Errorf("next response: %v", err)
	}
}

func TestAClientThatGoesAwayEndsTheExchange(t *testing.T) {
	t.Run("while it sends", func(t *testing.T) {
		c, client := pair(t, nil)
		io.WriteString(client, post("hello")[:len(post("hello"))-2])
		client.CloseWrite()
		var err error
		if o := serve(t, c, func(w http.ResponseWriter, r *http.Request) { _, err = io.ReadAll(r.Body) }); o != Close {
			t.Error(o)
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
		c.Close()
	})
	t.Run("while it receives", func(t *testing.T) {
		c, client := pair(t, nil)
		io.WriteString(client, get())
		client.SetLinger(0)
		o := serve(t, c, func(w http.ResponseWriter, r *http.Request) {
			client.Close()
			for { // until the reset arrives
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					if _, again := w.Write([]byte("x")); again == nil {
						t.Error("a write after a failed one succeeds")
					}
					return
				}
			}
		})
		if o != Close {
			t.Error(o)
		}
		c.Close()
	})
	t.Run("between requests", func(t *testing.T) {
		c, client := pair(t, nil)
		io.WriteString(client, get()+"\r\n") // some clients send an empty line too many
		serve(t, c, text("x"))
		client.CloseWrite()
		if err := c.ReadHead(); err != io.EOF {
			t.Error(err)
		}
		c.Close()
	})
}

func TestABodyReadAfterItsHandlerFails(t *testing.T) {
	c, client := pair(t, nil)
	io.WriteString(client, post("hello")+post("other"))
	var kept io.Reader
	var w1 http.ResponseWriter
	var h1 http.Header
	serve(t, c, func(w http.ResponseWriter, r *http.Request) { kept, w1, h1 = r.Body, w, w.Header() })
	if err := c.ReadHead(); err != nil {
		t.Fatal(err)
	}
	c.Serve(context.Background(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := kept.Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose {
			t.Errorf("body of the last request: %v", err)
		}
		h1.Set("Leaked", "x")
		w1.WriteHeader(500)
		if _, err := w1.Write([]byte("leaked")); err == nil {
			t.Error("the last response can still be written")
		}
		rc := http.NewResponseController(w1)
		if rc.Flush() == nil || rc.SetReadDeadline(time.Time{}) == nil || rc.SetWriteDeadline(time.Time{}) == nil || rc.EnableFullDuplex() == nil {
			t.Error("the last response can still be controlled")
		}
		if _, _, err := rc.Hijack(); err == nil {
			t.Error("the connection can be hijacked through the last response")
		}
		b, err := io.ReadAll(r.Body)
		fmt.Fprint(w, string(b), err)
	}), true)
	c.Close()
	br := bufio.NewReader(client)
	receiveOne(t, br, "POST")
	if resp, body := receiveOne(t, br, "POST"); body != "other<nil>" || resp.Header["Leaked"] != nil || resp.StatusCode != 200 {
		t.Error(resp.Status, resp.Header, body)
	}
}

// The error answer must arrive although the client is still sending: without
// lingering the kernel would reset the connection and drop it.
func TestAnAnswerIsNotLostWhileTheClientSends(t *testing.T) {
	addr := startExchange(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) }), nil)
	for range 20 {
		c := dial(t, addr)
		const size = 4 << 20
		go func() {
			io.WriteString(c, message("POST / HTTP/1.1", []string{fmt.Sprint("Content-Length: ", size)}, ""))
			io.Copy(c, io.LimitReader(newNoise(size), size))
			c.CloseWrite()
		}()
		resp, _ := receiveOne(t, bufio.NewReader(c), "POST")
		if resp.StatusCode != 403 || !resp.Close {
			t.Fatal(resp.Status, resp.Close)
		}
	}
}

func TestABodyReadInBigPiecesLeavesTheNextRequest(t *testing.T) {
	c, client := pair(t, nil)
	big := strings.Repeat("x", 300_000)
	go io.WriteString(client, post(big)+post(big)+get())
	for i := range 3 {
		var got int
		o := serve(t, c, func(w http.ResponseWriter, r *http.Request) {
			piece := make([]byte, 1<<20)
			for {
				n, err := r.Body.Read(piece)
				if got += n; err != nil {
					return
				}
			}
		})
		if want := []int{len(big), len(big), 0}[i]; got != want || o != KeepAlive {
			t.Errorf("request %d: %d bytes, %v; want %d", i, got, o, want)
		}
	}
}

func TestACopyPastTheDeclaredLengthIsCutAndReported(t *testing.T) {
	c, client := pair(t, nil)
	io.WriteString(client, get())
	const size = 1000
	o := serve(t, c, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(size))
		n, err := io.Copy(w, onlyReader{newNoise(5000)})
		if n != size || err != http.ErrContentLength {
			t.Errorf("copied %d, %v", n, err)
		}
	})
	if o != Close {
		t.Error(o)
	}
	c.Close()
	br := bufio.NewReader(client)
	if _, body := receiveOne(t, br, "GET"); len(body) != size {
		t.Errorf("received %d", len(body))
	}
	if rest, _ := io.ReadAll(br); len(rest) > 0 {
		t.Errorf("%d bytes behind the response", len(rest))
	}
}
