package probe

import "fmt"

// remedies says what to change, and what rate the change is predicted to carry:
// by Little's law from the mean service time, as far as nothing else becomes
// the wall before, which cannot be seen from outside.
func (v *Verdict) remedies(a *assessment) {
	unit := a.noise.mean
	add := func(rate float64, format string, args ...any) {
		r := Remedy{Change: fmt.Sprintf(format, args...)}
		if rate > 0 {
			r.Rate = &rate
		}
		v.Remedies = append(v.Remedies, r)
	}
	n := 0
	if v.Wall.Limit != nil {
		n = *v.Wall.Limit
	}
	if x := &a.ranked[0]; x.variant == portion && v.Wall.Kind == x.kind {
		unit *= x.share // after which a place is free again
	}
	rate := func(n int) float64 { return float64(n) / unit }
	switch v.Wall.Kind {
	case SharedPool:
		v.carries(rate(n))
		add(rate(2*n), "twice the threads or worker processes: %d; a thread takes 40 kB to 1 MB, a process its whole memory", 2*n)
		add(0, "await what the slow route waits for, instead of keeping a thread: then its waiting takes no place of the pool")
		add(rate(n), "a pool of its own for the slow route: it carries no more, but the others no longer wait behind it")
	case Serial:
		v.carries(rate(n))
		add(0, "await what the slow route waits for, instead of blocking the event loop")
		add(rate(40), "run the slow route's work on worker threads, 40 of them: the loop stays free")
		if n == 1 {
			add(rate(4), "4 processes with a loop each")
		}
	case PrivatePool:
		v.carries(rate(n))
		more := 2 * n
		if x := a.pool(); x.variant == fronted {
			more = min(more, x.front)
		}
		add(rate(more), "twice the size of what the slow route queues for (a connection pool, an executor, a semaphore): %d; what is behind it has to carry that", 2*n)
		add(0, "a bound on how long requests queue for it, so that those that are served are served in time")
	case ConnectionCap:
		v.carries(rate(n))
		add(rate(2*n), "twice the connections: %d, and as many descriptors", 2*n)
		add(0, "a shorter keep-alive time, if idle connections are what fills it")
	case Shedding:
		v.carries(rate(n))
		add(rate(2*n), "let in twice as many at once: %d, if what is behind carries that", 2*n)
		add(0, "a short queue in front, if bursts are what is turned away")
	case CPU:
		r := 0.0
		switch {
		case a.queued:
			r = 1 / a.step
		case a.line.rise > 0:
			r = 1 / (a.line.rise * unit)
		}
		if r > 0 {
			v.carries(r)
			if a.mostly(oneCPU) {
				add(2*r, "a second process, or a second thread that computes: it uses one CPU, and has more")
			} else {
				add(2*r, "twice the CPUs, or half of the work in each request")
			}
		}
	case RateLimit:
		if a.limiter.Admitted != nil {
			if !a.limiter.Vague && !a.limiter.Unlike {
				v.carries(a.limiter.Rate)
			}
		} else if step, _ := a.paceOf(&a.ranked[0]); step > 0 {
			v.carries(1 / step)
		}
		add(0, "a higher limit; it is set, not reached")
	case None:
		add(0, "none is needed up to %d at once, which is %.0f requests/s", a.most, rate(a.most))
	}
}

// carries notes the rate that gets through the wall.
func (v *Verdict) carries(rate float64) { v.Wall.Rate = &rate }

// ask says which experiment or option would tell more.
func (v *Verdict) ask(a *assessment) {
	say := func(text string) { v.Ask = append(v.Ask, text) }
	if !a.h.hasCanary() && a.weight(None) < 0.8 {
		say("--canary URL, a cheap route of the same service: only it tells a pool that every route shares from one that is this route's")
	}
	if v.Wall.Kind == None && a.most >= a.h.cap() {
		say(fmt.Sprintf("--max-concurrency above %d: up to there nothing stopped it", a.most))
	}
	if a.weight(CPU) > 0.05 && a.weight(CPU) < 0.95 && a.weight(RateLimit, Serial, PrivatePool) > 0.05 {
		if !a.h.seenInside() {
			say("--pid PID if the service is on this machine, or --metrics URL: if its CPU is idle while requests wait, it is not the wall")
		}
	}
	if v.Wall.Kind == RateLimit && a.onlyPaced() {
		say("whether the limit is set somewhere, or what the service calls (a database, another service) is at the limit of its own CPU: both answer at a pace")
	}
	if (v.Wall.Kind == Unknown || v.Wall.Kind == CPU) && a.idles() {
		say("--pid of the process that does the work, if it is another: the one that was looked at was idle")
	}
	if a.weight(ConnectionCap) > 0.05 && a.weight(SharedPool) > 0.05 {
		say("whether the service has a thread or a process for each connection: from outside, that looks like a cap on connections")
	}
}
