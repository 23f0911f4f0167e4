package exchange

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// Handlers that others wrote, behind net/http's own client.

func newClient(t *testing.T) *http.Client {
	c := &http.Client{Transport: &http.Transport{DisableCompression: true}, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func fetch(t *testing.T, c *http.Client, req *http.Request) string {
	t.Helper()
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	resp.Header.Del("Date")
	return fmt.Sprint(resp.Status, resp.Proto, headerText(resp.Header), resp.ContentLength, resp.TransferEncoding, resp.Close, string(body), headerText(resp.Trailer), err)
}

// compare sends the same requests to h on both servers.
func compare(t *testing.T, h http.Handler, requests ...func(base string) *http.Request) {
	t.Helper()
	ours, theirs := startExchange(t, h, nil), startNet(t, h)
	c := newClient(t)
	for i, request := range requests {
		got := strings.ReplaceAll(fetch(t, c, request("http://"+ours)), ours, "ADDR")
		want := strings.ReplaceAll(fetch(t, c, request("http://"+theirs)), theirs, "ADDR")
		if got != want {
			t.Errorf("request %d\n here     %.800s\n net/http %.800s", i, got, want)
		}
	}
}

func ask(method, path, body string, fields ...string) func(string) *http.Request {
	return func(base string) *http.Request {
		var r io.Reader
		if body != "" {
			r = strings.NewReader(body)
		}
		req, err := http.NewRequest(method, base+path, r)
		if err != nil {
			panic(err)
		}
		for _, f := range fields {
			k, v, _ := strings.Cut(f, ": ")
			req.Header.Set(k, v)
		}
		return req
	}
}

func TestServeContentAndFileServer(t *testing.T) {
	dir := t.TempDir()
	big := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	for name, data := range map[string][]byte{"index.html": []byte("<html>index"), "big.bin": big, "a.txt": []byte("text")} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
	}
	compare(t, http.FileServer(http.Dir(dir)),
		ask("GET", "/", ""), ask("GET", "/index.html", ""), ask("GET", "/missing", ""), ask("GET", "/a.txt", ""), ask("HEAD", "/big.bin", ""),
		ask("GET", "/big.bin", ""),
		ask("GET", "/big.bin", "", "Range: bytes=10-19"),
		ask("GET", "/big.bin", "", "Range: bytes=-5"),
		ask("GET", "/big.bin", "", "Range: bytes=70000-"),
		ask("GET", "/big.bin", "", "Range: bytes=999999999-"),
		ask("GET", "/big.bin", "", "If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT"),
		ask("GET", "/../a.txt", ""))
	compare(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x.txt", time.Unix(1e9, 0), bytes.NewReader(big))
	}), ask("GET", "/", ""), ask("GET", "/", "", "Range: bytes=0-99999"), ask("HEAD", "/", "", "Range: bytes=5-9"))
}

func TestChiRouter(t *testing.T) {
	r := chi.NewRouter()
	r.Use(middleware.Recoverer, middleware.Compress(5, "text/html"), middleware.StripSlashes)
	r.Get("/users/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, chi.URLParam(r, "id"), r.RemoteAddr != "") })
	r.Get("/page", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for range 1000 {
			io.WriteString(w, "<p>paragraph</p>")
		}
	})
	r.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("caught by the middleware") })
	r.Post("/form", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.FormValue("a")) })
	compare(t, r, ask("GET", "/users/7", ""), ask("GET", "/users/a%2Fb/", ""), ask("GET", "/page", ""), ask("GET", "/page", "", "Accept-Encoding: gzip"),
		ask("GET", "/none", ""), ask("DELETE", "/page", ""), ask("POST", "/form", "a=1", "Content-Type: application/x-www-form-urlencoded"))
}

func TestServeMux(t *testing.T) {
	m := http.NewServeMux()
	m.HandleFunc("GET /item/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.PathValue("id"), r.Pattern) })
	m.Handle("/tree/", http.StripPrefix("/tree", http.HandlerFunc(tell)))
	compare(t, m, ask("GET", "/item/7", ""), ask("POST", "/item/7", "x"), ask("GET", "/tree", ""), ask("GET", "/tree/a/b?c", ""), ask("GET", "//tree/../item/8", ""))
}

func TestTimeoutHandler(t *testing.T) {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			_, _ = io.WriteString(w, "too late")
			return
		}
		b, err := io.ReadAll(r.Body)
		w.Header().Set("X", "y")
		fmt.Fprint(w, string(b), err)
	})
	compare(t, http.TimeoutHandler(inner, 20*time.Second, "slow"), ask("GET", "/", ""), ask("POST", "/", "hello"))
	compare(t, http.TimeoutHandler(inner, time.Millisecond, "slow"), ask("GET", "/slow", ""), ask("POST", "/slow", "hello"))
}

func TestReverseProxy(t *testing.T) {
	back := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hints":
			w.Header().Set("Link", "</style.css>")
			w.WriteHeader(103)
		case "/stream":
			for i := range 5 {
				fmt.Fprintln(w, i)
				w.(http.Flusher).Flush()
			}
		case "/trailer":
			w.Header().Set("Trailer", "Checksum")
			defer w.Header().Set("Checksum", "abc")
		case "/early":
			w.WriteHeader(409)
			return
		case "/upgrade":
			conn, rw, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			rw.Flush()
			io.CopyN(conn, rw, 5)
			return
		}
		b, err := io.ReadAll(r.Body)
		fmt.Fprint(w, r.Method, len(b), r.Header.Get("X-Forwarded-For"), err)
	})
	// Front here and back in net/http, and the other way round.
	proxy := func(to string) http.Handler {
		u, err := url.Parse("http://" + to)
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		p := httputil.NewSingleHostReverseProxy(u)
		p.Transport = transport
		p.FlushInterval = time.Millisecond // flushes from a timer's goroutine
		return p
	}
	big := strings.Repeat("x", 3<<20)
	for name, to := range map[string]string{"in front of net/http": startNet(t, back), "in front of itself": startExchange(t, back, nil)} {
		t.Run(name, func(t *testing.T) {
			compare(t, proxy(to), ask("GET", "/", ""), ask("POST", "/", "hello"), ask("POST", "/", big), ask("GET", "/stream", ""),
				ask("GET", "/trailer", ""), ask("GET", "/hints", ""), ask("POST", "/", "hello", "Expect: 100-continue"))
			addr := startExchange(t, proxy(to), nil)
			for range 20 {
				// The back end answers before it has the body; what the client
				// sees of the rest is a matter of timing, the status is not.
				resp, err := newClient(t).Do(ask("POST", "/early", big)("http://" + addr))
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != 409 {
					t.Error(resp.Status)
				}
			}
			c := dial(t, addr)
			io.WriteString(c, message("GET /upgrade HTTP/1.1", []string{"Connection: Upgrade", "Upgrade: echo"}, ""))
			br := bufio.NewReader(c)
			if resp, err := http.ReadResponse(br, nil); err != nil || resp.StatusCode != 101 {
				t.Fatalf("upgrade: %v, %v", resp, err)
			}
			io.WriteString(c, "hello") // ReverseProxy loses what is sent before the 101
			if got, err := io.ReadAll(br); string(got) != "hello" {
				t.Errorf("upgrade: %q, %v", got, err)
			}
		})
	}
}
