package bench

import "testing"

// BenchmarkPlaintext asks every server the same small question on 64
// connections, as fast as it answers, and compares the CPU time that an answer
// costs it.
func BenchmarkPlaintext(b *testing.B) {
	engines := []string{"loop", "loop:style=cps", "hybrid", "vthread", "goroutine"}
	peers := []string{"net/http", "fasthttp", "gnet"} // gnet answers with fixed bytes: the floor
	for b.Loop() {
		m := newMatch(b, "", "-c64")
		m.play(append(engines, peers...), 12)
		for _, e := range engines {
			b.ReportMetric(m.cost[e].median(), metric(e)+"-cpu-µs/req")
		}
		for _, p := range peers {
			b.ReportMetric(m.cost[p].median(), metric(p)+"-cpu-µs/req")
			m.cost["loop"].beside(m.cost[p]).report(b, "loop-to-"+metric(p))
		}
		for _, e := range engines[1:] {
			m.cost[e].beside(m.cost["loop"]).report(b, metric(e)+"-to-loop")
		}
	}
	b.ReportMetric(0, "ns/op")
}
