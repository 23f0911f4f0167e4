package engines

import (
	"context"
	"io"
	"math"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Request, URL and response, which are one; the map of its fields, its table,
// and the values in it; and the context. What the answer needs in fields is the
// handler's.
const needed = 5

// What an engine allocates for a request beyond that.
var beyond = map[string]float64{
	"loop": 0, "hybrid": 0, "vthread": 0, "goroutine": 0, "thread": 0,
	"loop:style=cps": 3, // the callback that ends it, the call, and its first function
	"future":         1, // the body that its fiber runs
}

func TestAllocationsPerRequest(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for kind, more := range beyond {
		if got := allocations(t, kind); math.Round(got) != needed+more {
			t.Errorf("%s: %.2f allocations per request, want %d + %v", kind, got, needed, more)
		}
	}
}

// BenchmarkAllocations reports them beside net/http's.
func BenchmarkAllocations(b *testing.B) {
	here, there := map[string]float64{}, 0.0
	for b.Loop() {
		there = allocations(b, "goroutine:http=net")
		for kind := range beyond {
			here[kind] = allocations(b, kind)
		}
	}
	b.ReportMetric(there, "net/http-allocs/req")
	for kind, n := range here {
		kind = strings.NewReplacer("loop:style=", "", ":", "-").Replace(kind)
		b.ReportMetric(n, kind+"-allocs/req")
		b.ReportMetric(n/there, kind+"-to-net/http")
	}
	b.ReportMetric(0, "ns/op")
}

// silent answers 200 in either style, and allocates nothing.
type silent struct{}

func (silent) ServeHTTP(http.ResponseWriter, *http.Request) {}

func (silent) ServeCPS(_ cps.Task, _ http.ResponseWriter, _ *http.Request, done func()) { done() }

// allocations returns how many an engine makes per request, on one connection.
func allocations(tb testing.TB, kind string) float64 {
	tb.Helper()
	cfg, err := model.ParseEngine(kind)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- e.Serve(ctx, ln, silent{}) }()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	defer func() {
		c.Close()
		cancel()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	}()
	question := []byte("GET /plaintext HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: plimsoll\r\nAccept: */*\r\n\r\n")
	var answer [512]byte
	n, err := c.Write(question)
	if err != nil {
		tb.Fatal(n, err)
	}
	length, err := c.Read(answer[:]) // of a head that is sent at once, and always as long
	if err != nil {
		tb.Fatal(err)
	}
	ask := func(times int) {
		for range times {
			if _, err := c.Write(question); err != nil {
				tb.Fatal(err)
			}
			if _, err := io.ReadFull(c, answer[:length]); err != nil {
				tb.Fatal(err)
			}
		}
	}
	const requests = 5000
	ask(500) // what is used again has been made
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	ask(requests)
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / requests
}
