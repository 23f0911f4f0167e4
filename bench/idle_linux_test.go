package bench

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// BenchmarkIdle opens 10,000 connections, asks once on each, and reports how
// much more memory the server is in because of each, while all are idle.
func BenchmarkIdle(b *testing.B) {
	const connections = 10_000
	if err := host.EnsureDescriptors(connections + 100); err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		for _, kind := range []string{"loop", "hybrid", "net/http", "fasthttp", "gnet"} {
			c := start(b, kind)
			idle := []net.Conn{connect(b, c)}
			resident := func() int64 {
				get(b, idle[0], "/tidy")
				return c.sample(b).RSS
			}
			before := resident()
			for range connections {
				n := connect(b, c)
				get(b, n, "/")
				idle = append(idle, n)
			}
			b.ReportMetric(float64(resident()-before)/connections, kind+"-bytes/conn")
			for _, n := range idle {
				_ = n.Close()
			}
			c.stop()
		}
	}
	b.ReportMetric(0, "ns/op")
}

func connect(b *testing.B, c *child) net.Conn {
	b.Helper()
	n, err := net.Dial("tcp", c.address)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func get(b *testing.B, n net.Conn, path string) {
	b.Helper()
	if _, err := fmt.Fprintf(n, "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", path); err != nil {
		b.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(n), nil)
	if err != nil {
		b.Fatal(err)
	}
	_ = res.Body.Close()
}
