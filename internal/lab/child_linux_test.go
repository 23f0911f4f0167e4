package lab

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// A thread in a blocking read keeps its processor until Go's monitor takes it
// away, and with GOMAXPROCS=1 the server stands still for that long.
func TestAChildWaitsForCommandsInNoSystemCall(t *testing.T) {
	cpus, err := host.CPUs()
	if err != nil {
		t.Fatal(err)
	}
	p, err := start(roleUpstream, place{cpus: cpus[:1], procs: 1}, upstreamSpec{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop(time.Second)
	var r ready
	if err := p.hear(&r); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		var s upstreamStats
		if err := p.ask("stats", &s); err != nil {
			t.Fatal(err)
		}
		n, err := host.ThreadsInRead(p.cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			t.Fatalf("%d threads of a child that was asked nothing are in a blocking read", n)
		}
	}
}
