package agreement

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/probe"
)

// A draw draws sizes and service times.
type draw struct {
	*rand.Rand
	fastest, slowest time.Duration // of what a request waits for
}

// size draws from [low, high], small sizes as likely as large ones: evenly on a
// logarithmic scale.
func (d *draw) size(low, high int) int {
	x := math.Log(float64(low)) + d.Float64()*math.Log(float64(high+1)/float64(low))
	return min(high, int(math.Exp(x)))
}

func (d *draw) wait() time.Duration {
	return (d.fastest + time.Duration(d.Int64N(int64(d.slowest-d.fastest)+1))).Round(time.Millisecond)
}

// work draws what a request computes: little, since many at once share a CPU.
func (d *draw) work() time.Duration { return time.Duration(15+d.IntN(26)) * time.Millisecond }

// cells draws the whole matrix.
func (d *draw) cells() (all []cell) {
	for _, family := range [][]cell{d.threads(), d.stalled(), d.pinned(), d.beside(), d.pooled(), d.connections(), d.rejecting(), d.computing(), d.free()} {
		all = append(all, family...)
	}
	return all
}

// sized is a cell whose engine's text has its size.
func (d *draw) sized(engine, route string, wall model.WallKind, low, high int, because string) cell {
	n := d.size(low, high)
	return cell{engine: fmt.Sprintf(engine, n), route: route, service: d.wait(), wall: wall, limit: n, because: because}
}

func (d *draw) threads() []cell {
	const because = "a request keeps a thread of the pool"
	return []cell{
		d.sized("thread:max=%d", "await", model.WallThreadPool, 2, 64, because),
		d.sized("thread:max=%d", "call", model.WallThreadPool, 2, 64, because),
		d.sized("thread:max=%d", "block", model.WallThreadPool, 65, 200, because),
		d.sized("thread:max=%d", "await", model.WallThreadPool, 201, 400, because),
		d.sized("thread:max=%d", "await", model.WallThreadPool, 1, 1, because+", and there is one"),
		d.sized("future:max=%d", "call", model.WallThreadPool, 2, 64, "a synchronous call keeps the container's thread"),
		d.sized("future:max=%d", "block", model.WallThreadPool, 2, 200, "so does what blocks"),
		d.sized("thread:max=%d,queue=500", "await", model.WallThreadPool, 2, 64, because+", and the queue's end is far away"),
	}
}

func (d *draw) stalled() []cell {
	const because = "the loop stands still while a request waits synchronously"
	one := func(engine, route string) cell {
		return cell{engine: engine, route: route, service: d.wait(), wall: model.WallLoop, limit: 1, because: because}
	}
	compute := one("loop", "compute")
	compute.service, compute.because, compute.also = d.work(), "the loop computes", []probe.Kind{probe.CPU}
	return []cell{one("loop", "call"), one("loop", "block"), one("loop:style=cps", "call"), compute}
}

func (d *draw) pinned() []cell {
	const because = "a request that blocks pins its carrier"
	lone := d.sized("vthread:carriers=%d,pinning=jdk21", "monitor", model.WallCarriers, 1, 1, "waiting inside a monitor pins the carrier")
	// Two walls at once: who waits for the monitor pins a carrier too.
	monitor := d.sized("vthread:carriers=%d,pinning=jdk21", "monitor", model.WallResource, 4, 16,
		"one at a time is in the monitor; with as many as there are carriers, every route waits as well")
	monitor.limit, monitor.also = 1, []probe.Kind{probe.Unknown}
	return []cell{
		d.sized("vthread:carriers=%d", "block", model.WallCarriers, 2, 12, because),
		d.sized("vthread:carriers=%d", "block", model.WallCarriers, 13, 64, because),
		d.sized("vthread:carriers=%d", "block", model.WallCarriers, 1, 1, because),
		lone, monitor,
	}
}

// beside is where only the slow route waits: for workers and executors.
func (d *draw) beside() []cell {
	workers := cell{engine: "hybrid:workers=1", route: "compute", service: d.work(), wall: model.WallWorkers, limit: 1,
		because: "one worker computes, and the loop is free", also: []probe.Kind{probe.CPU}}
	return []cell{
		d.sized("hybrid:blocking=%d", "call", model.WallWorkers, 2, 64, "a synchronous call keeps a blocking worker, and the loop is free"),
		d.sized("hybrid:blocking=%d", "block", model.WallWorkers, 2, 200, "so does what blocks"),
		d.sized("future:max=64,executor=%d", "continue", model.WallExecutor, 2, 40, "continuations run on the executor"),
		workers,
	}
}

// pooled is a pool of connections under every engine, and what is like one.
func (d *draw) pooled() (all []cell) {
	const because = "the slow route holds one of a pool while it awaits"
	for _, engine := range []string{"thread:max=500", "future:max=500", "loop", "hybrid", "vthread", "goroutine"} {
		n := d.size(1, 64)
		all = append(all, cell{engine: engine, route: "pooled", service: d.wait(), places: n, wall: model.WallResource, limit: n, because: because})
	}
	n := d.size(1, 64)
	return append(all, cell{engine: "goroutine", route: "await", service: d.wait(), capacity: n, wall: model.WallUpstream, limit: n,
		because: "the upstream serves so many at once"}, cell{engine: "vthread:pinning=jdk24", route: "monitor", service: d.wait(), wall: model.WallResource, limit: 1,
		because: "one at a time is in the monitor, and JDK 24's virtual threads unmount in it"})
}

func (d *draw) connections() []cell {
	const because = "one more connection is accepted and not served"
	return []cell{
		d.sized("thread:max=500,connections=%d", "await", model.WallConnections, 4, 150, because),
		d.sized("loop:connections=%d", "await", model.WallConnections, 4, 64, because),
		d.sized("hybrid:connections=%d", "await", model.WallConnections, 4, 64, because),
		d.sized("vthread:connections=%d", "call", model.WallConnections, 4, 64, because),
	}
}

func (d *draw) rejecting() []cell {
	const because = "nothing queues for a thread: one more is answered with 503"
	n := d.size(2, 64)
	return []cell{
		d.sized("thread:max=%d,queue=0", "await", model.WallRejecting, 2, 64, because),
		d.sized("future:max=%d,queue=0", "block", model.WallRejecting, 2, 64, because),
		{engine: fmt.Sprintf("hybrid:blocking=%d,blocking-max=%d,blocking-queue=0", n, n), route: "call", service: d.wait(),
			wall: model.WallRejecting, limit: n, because: "nothing queues for a blocking worker"},
	}
}

func (d *draw) computing() (all []cell) {
	for _, engine := range []string{"thread:max=500", "goroutine", "goroutine:http=net"} {
		all = append(all, cell{engine: engine, route: "compute", service: d.work(), wall: model.WallCPU, because: "all compute on the one CPU that the server has"})
	}
	return append(all, cell{engine: "vthread:carriers=1", route: "compute", service: d.work(), wall: model.WallCPU,
		because: "its one carrier computes one request after the other", also: []probe.Kind{probe.Serial, probe.SharedPool}})
}

// free is where waiting costs nothing. Very many quick requests at once are all
// the same more than one CPU may carry.
func (d *draw) free() (all []cell) {
	for _, e := range [][2]string{
		{"future", "await"}, {"loop", "await"}, {"loop:style=cps", "await"}, {"hybrid", "await"}, {"vthread", "await"}, {"vthread", "call"},
		{"goroutine", "await"}, {"goroutine", "call"}, {"goroutine", "block"}, {"goroutine:http=net", "await"},
	} {
		c := cell{engine: e[0], route: e[1], service: d.wait(), wall: model.WallNone, because: "a request that waits keeps nothing that others need"}
		if rate := probe.DefaultConcurrency / c.service.Seconds(); rate > easily {
			c.because += fmt.Sprintf("; %d at once are %.0f/s", probe.DefaultConcurrency, rate)
			c.also = []probe.Kind{probe.CPU}
		}
		all = append(all, c)
	}
	return all
}

// easily is how many requests a second a server on one CPU carries, also if
// others use that CPU.
const easily = 2000
