package analysis

import (
	"fmt"
	"math"
	"strconv"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// A Limit is something of which there is a number, and how much of it a trial
// used.
type Limit struct {
	Kind    model.WallKind
	Name    string  // of a resource
	Size    float64 // how many there are
	Used    float64 // of them, mean
	Waiting float64 // requests waiting for one, mean
	// Saturated: what there is was used, and that is what requests waited for
	// as far as this limit alone can tell. It is a symptom, not yet the wall.
	Saturated bool
	// Raise is the variant that has more of it; the zero Variant if there is
	// no way to have more here.
	Raise Variant
	// Details are evidence in words, where figures alone do not tell.
	Details string
}

// saturation is the share in use from which a limit counts as reached. Just past
// the load line a pool is 97 to 100 % busy; at 5 % below the line, 95 %.
const saturation = 0.92

// Utilisation is the share of the limit in use.
func (l Limit) Utilisation() float64 {
	if l.Size <= 0 {
		return 0
	}
	return l.Used / l.Size
}

// LimitsOf lists the limits of a trial from the end of the chain of who waits
// for whom: a request that keeps a thread may wait for a slot of a resource, and
// who has the slot may wait for the CPU. Of several saturated limits the first is
// the wall, the others are busy because of it.
func LimitsOf(t *record.Trial, cfg model.EngineConfig, w *model.Workload) []Limit {
	limits := []Limit{cpuLimit(t, w), upstreamLimit(t)}
	for _, r := range t.Server.Resources {
		l := Limit{Kind: model.WallResource, Name: r.Name, Size: float64(r.Size), Used: r.InUse, Waiting: r.Waiting}
		l.Saturated = l.Utilisation() >= saturation && (r.Waiting >= 1 || r.FullShare >= 0.5)
		l.Raise = Variant{Resource: r.Name, Size: 2 * r.Size}
		limits = append(limits, l)
	}
	limits = append(limits, insideLimits(t, cfg, w)...)
	if cfg.Has("connections") {
		limits = append(limits, connectionLimit(t, cfg))
	}
	if cfg.Has("max") {
		limits = append(limits, poolLimit(t, cfg))
	}
	if cfg.Has("queue") && cfg.Int("queue") != model.Unbounded {
		limits = append(limits, queueLimit(t, cfg))
	}
	return limits
}

// A CPU can be the wall without being busy all the time: a control group
// throttles, or a runtime is slow to hand a processor over. What gives it away is
// that requests which could run do not, for that share of their residence time.
const (
	starvingCPU      = 0.80
	starvingRunnable = 0.05
)

// cpuLimit is about the CPU time that the server had: what the kernel spent on
// its CPUs for the network, or a hypervisor took, was not to be had.
func cpuLimit(t *record.Trial, w *model.Workload) Limit {
	l := Limit{Kind: model.WallCPU, Size: float64(max(1, t.Server.CPUs))}
	switch {
	case t.Server.Available > 0:
		l.Used = l.Size * t.Server.CPUSeconds / t.Server.Available
	case t.Seconds > 0:
		l.Used = t.Server.CPUSeconds / t.Seconds
	}
	runnable := Residence(t)[model.Runnable.String()]
	l.Waiting = runnable * t.Load.InFlight
	l.Saturated = l.Utilisation() >= saturation || l.Utilisation() >= starvingCPU && runnable >= starvingRunnable
	l.Raise = lessCompute(w)
	return l
}

// lessCompute is how a service is given more CPU, as there is no other to add:
// it is given less to do. The zero Variant where it computes nothing.
func lessCompute(w *model.Workload) Variant {
	if workload.Demand(w).Request.CPU > 0 {
		return Variant{Compute: 0.5}
	}
	return Variant{}
}

// upstreamLimit is reached where the systems behind the service make requests
// wait for a capacity of their own.
func upstreamLimit(t *record.Trial) Limit {
	l := Limit{Kind: model.WallUpstream, Used: t.Upstream.InFlight, Size: t.Upstream.InFlight - t.Upstream.Waiting, Waiting: t.Upstream.Waiting}
	l.Saturated = t.Upstream.Waiting >= max(1, 0.05*t.Upstream.InFlight)
	return l
}

func connectionLimit(t *record.Trial, cfg model.EngineConfig) Limit {
	n := cfg.Int("connections")
	inFlight := t.Load.InFlight / float64(max(1, t.Server.Instances))
	l := Limit{Kind: model.WallConnections, Size: float64(n), Used: float64(min(t.Server.Connections, n))}
	// One connection past the cap is accepted and held: only then somebody waits.
	l.Saturated = t.Server.Connections >= n && inFlight > float64(n)
	l.Waiting = max(0, inFlight-float64(n))
	l.Raise = more(cfg, 2*n, "connections")
	return l
}

func poolLimit(t *record.Trial, cfg model.EngineConfig) Limit {
	size := cfg.Int("max")
	if t.Server.Queued >= 1 && t.Server.Pool > 0 {
		size = t.Server.Pool // requests waited, so this is how many there really were
	}
	l := Limit{Kind: model.WallThreadPool, Size: float64(size), Used: t.Server.Busy, Waiting: t.Server.Queued}
	l.Saturated = l.Utilisation() >= saturation && (t.Server.Queued >= 1 || t.Server.BusyShare >= 0.5)
	l.Raise = more(cfg, 2*cfg.Int("max"), "max")
	return l
}

// more is the variant that has n of the first of some options that takes that
// many; the zero Variant if none does, or if what ran for real would not with it.
func more(cfg model.EngineConfig, n int, options ...string) Variant {
	for _, option := range options {
		if !cfg.Has(option) {
			continue
		}
		raised, err := cfg.With(option, strconv.Itoa(n))
		if err == nil && (raised.Runnable() == nil || cfg.Runnable() != nil) {
			return Variant{Option: option, Value: strconv.Itoa(n)}
		}
	}
	return Variant{}
}

// queueLimit is reached where requests were refused although the threads had
// time left on average: bursts that the queue is too short for.
func queueLimit(t *record.Trial, cfg model.EngineConfig) Limit {
	size := cfg.Int("queue")
	l := Limit{Kind: model.WallRejecting, Size: float64(cfg.Int("max") + size), Used: t.Server.Busy + t.Server.Queued}
	l.Saturated = t.Server.Rejected > 0
	l.Raise = Variant{Option: "queue", Value: "unbounded"}
	return l
}

// usableCPU is the share of the CPU that is in use where requests begin to come
// too late: engines were seen to break between 97 and 100 %.
const usableCPU = 0.97

// Capacity estimates the rate at which the first limit is reached, from what a
// trial below it used of each (the utilisation law: use grows with the rate),
// and says which limit that is. 0 stands for no estimate.
// The variant is one that the next trials will have and t had not.
func Capacity(t *record.Trial, cfg model.EngineConfig, w *model.Workload, v Variant) (rate float64, limit model.WallKind) {
	if t == nil || t.Seconds <= 0 || t.Server.Responses == 0 {
		return 0, model.WallUnknown
	}
	now := float64(t.Server.Responses) / t.Seconds
	first := math.Inf(1)
	for _, l := range LimitsOf(t, cfg, w) {
		size, used := l.Size, l.Used
		switch {
		case l.Kind == model.WallUpstream || l.Kind == model.WallRejecting || l.Kind == model.WallConnections:
			continue // no use that grows in proportion
		case l.Kind == model.WallCPU:
			if t.Machine.OthersShare > othersLimit && t.Server.CPUSeconds > 0 {
				l.Used = t.Server.CPUSeconds / t.Seconds // what others take now is no limit of the service
			}
			size, used = size*usableCPU, cpuAhead(t, l, w, v)
		case l.Kind == model.WallLoop && v.Compute > 0:
			used -= (1 - v.Compute) * workload.Demand(w).Request.CPU.Seconds() * now
		case l.Kind == model.WallLoop && v.Awaited:
			d := workload.Demand(w).Request
			used -= (d.Call + d.Block).Seconds() * now
		case v.Option != "" && v == l.Raise:
			if n, err := strconv.Atoi(v.Value); err == nil {
				size = float64(n)
			}
		case l.Kind == model.WallResource && v.Resource == l.Name:
			size = float64(v.Size)
		}
		if used > 0 && now*size/used < first {
			first, limit = now*size/used, l.Kind
		}
	}
	if math.IsInf(first, 1) {
		return 0, model.WallUnknown
	}
	return first, limit
}

// cpuAhead is the CPU use of a trial as it would have been near the limit. What
// the workload computes costs the same at any rate. What engine and kernel add is
// made of what every request needs, and of waking up for it, which only those cost
// that find the server idle: a share of one minus its utilisation, as arrivals
// come at random.
func cpuAhead(t *record.Trial, l Limit, w *model.Workload, v Variant) float64 {
	used := l.Used
	if t.Server.CPUSeconds <= 0 {
		return used
	}
	// Of what was used, because a short trial may have drawn less than the mean.
	compute := used * min(1, workload.Demand(w).Request.CPU.Seconds()*float64(t.Server.Responses)/t.Server.CPUSeconds)
	overhead := (used - compute) / (1 + wakeUps*max(0, 1-l.Utilisation()))
	if v.Compute > 0 {
		compute *= v.Compute
	}
	return compute + overhead
}

// wakeUps is what waking up for a request costs beside all else that engine and
// kernel do for it. From 0.9 (threads) to 3.5 (virtual threads) were measured: of
// the latter, 190 µs at 47 %, 120 at 76 and 70 at 97.
const wakeUps = 2

// describe says in words how much of the limit was used.
func (l Limit) describe(configured int) string {
	switch l.Kind {
	case model.WallCPU:
		if l.Details != "" {
			return l.Details
		}
		s := fmt.Sprintf("CPU %.0f %%", 100*l.Utilisation())
		if l.Waiting >= 1 && (l.Saturated || l.Waiting >= 10) {
			s += ", " + waiting(l.Waiting, "request") + " for it"
		}
		return s
	case model.WallThreadPool:
		s := fmt.Sprintf("%.0f of %.0f threads busy %.0f %% of the time", l.Size, l.Size, 100*l.Utilisation())
		if configured != int(l.Size) {
			s += fmt.Sprintf(" (%d are configured)", configured)
		}
		return s + ", " + waiting(l.Waiting, "request")
	case model.WallResource:
		return fmt.Sprintf("%s taken %.0f %% of the time, %s for one", allOf(l.Size, l.Name), 100*l.Utilisation(), waiting(l.Waiting, "request"))
	case model.WallConnections:
		return fmt.Sprintf("%.0f of %.0f connections open, %s for one", l.Used, l.Size, waiting(l.Waiting, "request"))
	case model.WallRejecting:
		return fmt.Sprintf("requests refused beyond %.0f at once", l.Size)
	case model.WallUpstream:
		return waiting(l.Waiting, "request") + " inside the upstreams for their capacity"
	}
	return l.describeInside()
}
