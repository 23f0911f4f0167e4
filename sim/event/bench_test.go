package event

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mmc is the bare M/M/c: nothing but the queue of events, the queue of jobs and
// two streams. It returns the number of events until some have arrived, and the
// mean number in the system.
func mmc(c int, rho float64, arrivals int, seed uint64) (events int, mean float64) {
	const service = 1e6 // mean, ns
	gap := service / rho / float64(c)
	between, work := NewStream(seed, "arrivals"), NewStream(seed, "service")
	draw := func(r *rand.Rand, mean float64) int64 { return int64(r.ExpFloat64() * mean) }
	var q Queue
	var jobs Ring[int64] // when they came
	var inside Level
	slots := make([]int64, c) // since when each job that is served has been there
	free := make([]int32, c)
	for i := range free {
		free[i] = int32(i)
	}
	serve := func(now, came int64) {
		slot := free[len(free)-1]
		free = free[:len(free)-1]
		slots[slot] = came
		q.Schedule(now+draw(work, service), 1, slot)
	}
	q.Schedule(draw(between, gap), 0, 0)
	now := int64(0)
	for arrivals > 0 {
		e := q.Take()
		events++
		now = e.At
		if e.Kind == 0 {
			arrivals--
			q.Schedule(now+draw(between, gap), 0, 0)
			inside.Enter(now)
			if len(free) > 0 {
				serve(now, now)
			} else {
				jobs.Push(now)
			}
			continue
		}
		inside.Leave(now, slots[e.Arg])
		free = append(free, e.Arg)
		if jobs.Len() > 0 {
			serve(now, jobs.Pop())
		}
	}
	return events, float64(inside.Area(now)) / float64(now)
}

func BenchmarkMMc(b *testing.B) {
	for _, c := range []int{1, 4, 200} {
		b.Run(fmt.Sprintf("c=%d", c), func(b *testing.B) {
			b.ReportAllocs()
			events, _ := mmc(c, 0.8, b.N, 1)
			b.ReportMetric(float64(events)/b.Elapsed().Seconds()/1e6, "Mevents/s")
		})
	}
}

// simpyMMc is the same model as one writes it for SimPy 2, the one of Debian. It prints the seconds
// that it took and the mean number in the system.
const simpyMMc = `
import random, sys, time
from SimPy.Simulation import Process, Resource, activate, hold, initialize, now, release, request, simulate
c, rho, n = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
rng, servers, spent = random.Random(1), Resource(c), [0.0]
class Job(Process):
    def run(self):
        came = now()
        yield request, self, servers
        yield hold, self, rng.expovariate(1.0)
        yield release, self, servers
        spent[0] += now() - came
class Source(Process):
    def run(self):
        for _ in range(n):
            yield hold, self, rng.expovariate(rho * c)
            job = Job()
            activate(job, job.run())
initialize()
source = Source()
activate(source, source.run())
begun = time.perf_counter()
simulate(until=float("inf"))
print(time.perf_counter() - begun, spent[0] / now())
`

// The ratio to SimPy on the same model in the same run, by turns.
func BenchmarkBesideSimPy(b *testing.B) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import SimPy.Simulation").Run(); err != nil {
		b.Skipf("SimPy is not there: %v; apt-get install python3-simpy", err)
	}
	const c, rho, jobs = 4, 0.8, 40_000
	var theirs, ours time.Duration
	for range b.N {
		out, err := exec.Command(python, "-c", simpyMMc, strconv.Itoa(c), fmt.Sprint(rho), strconv.Itoa(jobs)).Output()
		if err != nil {
			b.Fatal(err)
		}
		fields := strings.Fields(string(out))
		seconds, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			b.Fatal(err)
		}
		theirs += time.Duration(seconds * 1e9)
		const more = 25 // for a time that can be measured
		begun := time.Now()
		_, mean := mmc(c, rho, more*jobs, 1)
		ours += time.Since(begun) / more
		b.Logf("mean number in the system: SimPy %s, ours %.3f", fields[1], mean)
	}
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "×SimPy")
}
