package bench

import (
	"bufio"
	"net"
	"net/http"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
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
		bytes := map[string]float64{}
		for _, kind := range []string{"loop", "hybrid", "net/http", "fasthttp", "gnet"} {
			c := start(b, kind)
			idle := []net.Conn{connect(b, c)}
			resident := func() int64 {
				get(b, idle[0], "/tidy")
				return c.Sample(b).RSS
			}
			before := resident()
			for range connections {
				n := connect(b, c)
				get(b, n, "/")
				idle = append(idle, n)
			}
			bytes[kind] = float64(resident()-before) / connections
			b.ReportMetric(bytes[kind], kind+"-bytes/conn")
			for _, n := range idle {
				_ = n.Close()
			}
			c.Kill()
		}
		b.ReportMetric(bytes["loop"]/bytes["gnet"], "loop-to-gnet")
		b.ReportMetric(bytes["loop"]/bytes["net/http"], "loop-to-net/http")
		b.ReportMetric(bytes["hybrid"]/bytes["loop"], "hybrid-to-loop")
	}
	b.ReportMetric(0, "ns/op")
}

func connect(b *testing.B, c *rig.Child) net.Conn {
	b.Helper()
	n, err := net.Dial("tcp", c.Address)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func get(b *testing.B, n net.Conn, path string) {
	b.Helper()
	ask(b, n, path)
	res, err := http.ReadResponse(bufio.NewReader(n), nil)
	if err != nil {
		b.Fatal(err)
	}
	_ = res.Body.Close()
}
