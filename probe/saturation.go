package probe

import (
	"fmt"
	"math"
	"strings"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A load is how busy the service's own CPUs were.
type load int

const (
	unseen load = iota // not known, or others left it none to use
	idling
	partly
	oneCPU // as much as one thread can use, of several CPUs
	allCPUs
)

// load judges the CPU that the service used. Between idle and busy it says
// nothing: the requests of a wave may compute at other times than they wait.
func (u *usage) load() load {
	room := u.cpus
	if room == 0 {
		room = 1
	}
	scarce := u.idle < 0.1*u.cpus // false where it is not known
	switch {
	case math.IsNaN(u.cpu):
		return unseen
	case u.cpus > 0 && (u.cpu >= 0.85*u.cpus || scarce && u.cpu >= 0.5*u.cpus):
		return allCPUs
	case u.cpu > 0.85 && u.cpu < 1.15:
		return oneCPU
	case scarce:
		return unseen
	case u.cpu < 0.5*min(1, room):
		return idling
	}
	return partly
}

// strained returns the experiments in which requests took longer than alone,
// with what was seen inside the service meanwhile.
func (a *assessment) strained() (all []strain) {
	for i := range a.h.Experiments {
		o := &a.h.Experiments[i]
		if !a.h.reliable(o) || len(o.Gauges) == 0 || o.ID < a.grown || a.h.Varied(o) || o.What != record.ExperimentWave && o.What != record.ExperimentSustain {
			continue
		}
		if took := times(o); len(took) > 1 && mean(took) > (1.25+2*a.noise.spread/math.Sqrt(float64(len(took))))*a.noise.mean {
			all = append(all, strain{o, o.usage(a.h)})
		}
	}
	return all
}

// A strain is an experiment in which requests waited, seen from inside.
type strain struct {
	*Observation
	usage
}

// busyCPU returns the log-likelihood of how busy the CPU was while requests
// waited. Pools of processes that compute keep it busy, too; one that idles is
// nobody's wall.
func (s *strain) busyCPU(x *hypothesis) float64 {
	share := map[load]map[Kind]float64{
		idling:  {CPU: 0.02, Unknown: 0.25, "": 0.6},
		partly:  {"": 0.25},
		oneCPU:  {CPU: 0.6, Serial: 0.4, Unknown: 0.25, "": 0.1},
		allCPUs: {CPU: 0.85, Serial: 0.3, SharedPool: 0.2, Unknown: 0.25, "": 0.05},
	}[s.load()]
	if share == nil {
		return 0
	}
	p, ok := share[x.kind]
	if !ok {
		p = share[""]
	}
	return math.Log(p)
}

// mostly reports whether the CPU was so busy in most experiments in which
// requests waited and that was seen.
func (a *assessment) mostly(what load) bool {
	so, n := 0, 0
	for _, s := range a.strained() {
		if l := s.load(); l != unseen {
			n++
			if l == what {
				so++
			}
		}
	}
	return 2*so > n
}

// idles reports whether the CPU of the process that was looked at had nothing to
// do while requests waited.
func (a *assessment) idles() bool { return a.mostly(idling) }

// fullPool returns the log-likelihood of the pools of which all was taken while
// requests waited: one of them is the wall, and has its size.
func (s *strain) fullPool(x *hypothesis) float64 {
	if len(s.taken) == 0 {
		return 0
	}
	p := 0.1
	for _, f := range s.taken {
		switch near := math.Abs(float64(x.limit-f.limit)) <= max(1, 0.1*float64(f.limit)); {
		case x.kind == f.pool.kind && near:
			p = max(p, 0.9)
		case x.kind == f.pool.kind, x.kind == Serial && f.limit == 1 && near:
			p = max(p, 0.4) // one of several processes may show its own part
		}
	}
	if x.kind == Unknown {
		p = 0.25
	}
	return math.Log(p)
}

// lateLoop returns the log-likelihood of how late the service says its event
// loop was.
func (s *strain) lateLoop(a *assessment, x *hypothesis) float64 {
	if s.lag < max(0.010, a.noise.mean/4) {
		return 0
	}
	p := 0.05
	switch x.kind {
	case Serial:
		p = 0.9
	case CPU:
		p = 0.6
	case Unknown:
		p = 0.25
	}
	return math.Log(p)
}

// threadsAt is how many threads and processes a service has at rest, and at most
// while so many requests were held; zeros where that was not seen.
func (a *assessment) threadsAt() (rest, most, held int) {
	for i := range a.h.Experiments {
		o := &a.h.Experiments[i]
		if len(o.Gauges) == 0 || !a.h.reliable(o) {
			continue
		}
		switch n := o.usage(a.h).threads; {
		case n == 0:
		case o.What == record.ExperimentBaseline && (rest == 0 || n < rest):
			rest = n
		case o.What == record.ExperimentWave || o.What == record.ExperimentSustain:
			most, held = max(most, n), max(held, o.Count)
		}
	}
	return rest, most, held
}

// threads returns the log-likelihood of how the number of threads grew with that
// of held requests: a pool of N threads is not served by fewer.
func (a *assessment) threads(x *hypothesis) float64 {
	rest, most, held := a.threadsAt()
	if rest == 0 || most == 0 || x.kind == Unknown {
		return 0
	}
	grown := most - rest
	switch x.kind {
	case SharedPool, PrivatePool, ConnectionCap, Shedding:
		if x.kind == SharedPool && most < x.limit { // unless it is a semaphore in front of all routes
			return math.Log(0.2)
		}
		if a.plateau(grown, held, x.limit) {
			return math.Log(0.8)
		}
	default:
		for i := range a.ranked {
			if y := &a.ranked[i]; sized(y) != nil && y.kind != Serial && a.plateau(grown, held, y.limit) {
				return math.Log(0.2)
			}
		}
	}
	return math.Log(0.4)
}

// plateau reports whether threads were added as to a pool of n, and no more of
// them although more requests were held.
func (a *assessment) plateau(grown, held, n int) bool {
	return n > 0 && grown >= 4 && 2*held >= 3*n && math.Abs(float64(grown-n)) <= max(2, float64(n)/5)
}

// cpuSeen says how busy the CPU was while requests waited.
func cpuSeen(a *assessment) string {
	var cpu, cpus, forced, n float64
	seen := map[load]int{}
	for _, s := range a.strained() {
		if l := s.load(); l != unseen {
			seen[l]++
			cpu, cpus, n = cpu+s.cpu, max(cpus, s.cpus), n+1
			if !math.IsNaN(s.forced) {
				forced += s.forced
			}
		}
	}
	if n == 0 && a.h.several {
		return "the CPU time that the service tells of has fallen: it began anew, or several processes answer, each for itself; nothing follows from it"
	}
	if n == 0 {
		return ""
	}
	used := fmt.Sprintf("while requests waited the service used %s CPUs", figure(cpu/n))
	if cpus > 0 {
		used = fmt.Sprintf("while requests waited the service used %s of %s", figure(cpu/n), plural(cpus, "CPU"))
	}
	switch most := max(seen[idling], seen[partly], seen[oneCPU], seen[allCPUs]); most {
	case seen[idling]:
		if a.ranked[0].kind == CPU {
			return used + ": if it is a CPU that they waited for, it is that of another process"
		}
		return used + ": the CPU is not what they waited for"
	case seen[allCPUs]:
		used += ": all that there is"
		if forced/n >= 1 {
			used += fmt.Sprintf(", and %s times in a request a thread that had work was taken off its CPU", figure(forced/n))
		}
	case seen[oneCPU]:
		used += ", as much as one thread can: it computes"
	}
	return used
}

// threadsSeen says how many threads there were.
func threadsSeen(a *assessment) string {
	rest, most, held := a.threadsAt()
	switch {
	case rest == 0 || most == 0 || held < 4:
		return ""
	case most <= rest+2:
		return fmt.Sprintf("it has %s, and no more while up to %d requests were held", several(most, "thread"), held)
	}
	return fmt.Sprintf("it has %s at rest, and %d while up to %d requests were held", several(rest, "thread"), most, held)
}

// poolsSeen says which pools were full while requests waited.
func poolsSeen(a *assessment) string {
	var said []string
	seen := map[string]int{}
	for _, s := range a.strained() {
		for _, f := range s.taken {
			text := f.pool.what
			if f.name != "" {
				text += " (" + f.name + ")"
			}
			text = fmt.Sprintf("of %s all %d were taken", text, f.limit)
			if seen[text]++; seen[text] == 1 {
				said = append(said, text)
			}
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "while requests waited, the service says, " + strings.Join(said, "; ")
}

// loopSeen says how late the service's event loop was.
func loopSeen(a *assessment) string {
	worst := 0.0
	for _, s := range a.strained() {
		worst = max(worst, s.lag)
	}
	if worst < max(0.010, a.noise.mean/4) {
		return ""
	}
	return fmt.Sprintf("its event loop was up to %s late, the service says", millis(worst))
}

// figure prints a figure to two digits.
func figure(x float64) string { return fmt.Sprintf("%g", figures(x, 2)) }

// plural is several of something that need not be whole.
func plural(n float64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return figure(n) + " " + thing + "s"
}
