package probe

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// known is a service whose wall is known.
type known struct {
	name  string
	kind  Kind
	limit int // 0: it has none
	build func() *responder.Service
}

const ms = time.Millisecond

// pools are a pool that every route shares, and one of the heavy route alone.
func pools(seed uint64, n int, wait time.Duration, cv float64) []known {
	work := func() responder.Wall { return responder.Wait(wait, cv, ms) }
	shared := SharedPool
	if n == 1 {
		shared = Serial
	}
	return []known{
		{"shared", shared, n, func() *responder.Service { return responder.New(seed, responder.Pool(n), work()) }},
		{"private", PrivatePool, n, func() *responder.Service {
			return responder.New(seed, responder.Private(responder.Pool(n)), work())
		}},
	}
}

// zoo is services with each kind of wall, of sizes about n.
func zoo(seed uint64, n int, wait time.Duration, cv float64) []known {
	work := func() responder.Wall { return responder.Wait(wait, cv, ms) }
	few := 2 + n%6
	burst := func() responder.Wall { return responder.Limiter(float64(n)/2, n) }
	return append(pools(seed, n, wait, cv), []known{
		{"none", None, 0, func() *responder.Service { return responder.New(seed, work()) }},
		{"batch loop", Serial, 1, func() *responder.Service { return responder.New(seed, responder.Batch(), work()) }},
		{"loops in turn", Serial, few, func() *responder.Service { return responder.New(seed, responder.Lanes(few, 1, false), work()) }},
		{"loops at random", Serial, few, func() *responder.Service { return responder.New(seed, responder.Lanes(few, 1, true), work()) }},
		{"processes of threads", SharedPool, 4 * n, func() *responder.Service { return responder.New(seed, responder.Lanes(4, n, true), work()) }},
		{"cap", ConnectionCap, n + 1, func() *responder.Service {
			s := responder.New(seed, work())
			s.Admit = responder.Cap(n + 1)
			return s
		}},
		{"prefork", SharedPool, n + 1, func() *responder.Service {
			s := responder.New(seed, work())
			s.Admit, s.Deferred = responder.Cap(n+1), true
			return s
		}},
		{"workers without keep-alive", SharedPool, n + 1, func() *responder.Service {
			s := responder.New(seed, work())
			s.Admit, s.KeepAlive = responder.Cap(n+1), false
			return s
		}},
		{"grows", SharedPool, 3 * n, func() *responder.Service {
			return responder.New(seed, responder.Growing(n, 3*n, 3*time.Second/time.Duration(n)), work())
		}},
		{"sheds", Shedding, n, func() *responder.Service { return responder.New(seed, responder.Bounded(n, 0), work()) }},
		{"sheds heavy", Shedding, n, func() *responder.Service {
			return responder.New(seed, responder.Private(responder.Bounded(n, 0)), work())
		}},
		{"resets", Shedding, n, func() *responder.Service {
			return responder.New(seed, responder.Private(responder.Reset(n)), work())
		}},
		{"pool with a short queue", SharedPool, n + 1, func() *responder.Service { return responder.New(seed, responder.Bounded(n+1, n+2), work()) }},
		{"limiter", RateLimit, 0, func() *responder.Service { return responder.New(seed, responder.Private(burst()), work()) }},
		{"pacer", RateLimit, 0, func() *responder.Service {
			return responder.New(seed, responder.Private(responder.Pacer(float64(n)*1.7/wait.Seconds())), work())
		}},
		{"cpu", CPU, 0, func() *responder.Service { return responder.New(seed, responder.Compute(1+n%4, wait, ms/2)) }},
		{"cpu after waiting", CPU, 0, func() *responder.Service {
			return responder.New(seed, work(), responder.Compute(1+n%2, wait/4, ms/2))
		}},
		{"slow accept", SharedPool, n + 1, func() *responder.Service {
			s := responder.New(seed, responder.Pool(n+1), work())
			s.Slow = 0.02
			return s
		}},
		{"delayed acks", SharedPool, n + 1, func() *responder.Service {
			s := responder.New(seed, responder.Pool(n+1), work())
			s.Delay = 40 * ms
			return s
		}},
		{"just-in-time compiler", SharedPool, n + 1, func() *responder.Service {
			return responder.New(seed, responder.Pool(n+1), responder.Warming(wait, 2, 8, ms))
		}},
	}...)
}
