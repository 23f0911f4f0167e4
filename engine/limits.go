package engine

import (
	"math"
	"time"
)

// Limits are what an engine puts up with from a client. A field that is 0
// takes its default; one that is negative is without limit.
type Limits struct {
	// Head is the most bytes of a request's line and fields; a longer one is
	// answered 431. Default: 16 KiB, between Tomcat's 8 and nginx's 32.
	Head int
	// Body is the most bytes of a request's body; a longer one is answered
	// 413. Default: no limit.
	Body int64
	// HeaderTimeout is from a request's first byte to the end of its head (on
	// a new connection: from its start); then 408. Default: 20 s, Tomcat's
	// connectionTimeout, which also is the source of the next two.
	HeaderTimeout time.Duration
	// BodyTimeout is how long a read of a request's body waits for the client.
	// Default: 20 s.
	BodyTimeout time.Duration
	// WriteTimeout is how long one write of an answer waits for the client.
	// Default: 20 s.
	WriteTimeout time.Duration
	// Linger is how long an idle connection stays for a request that is on
	// its way, once the engine stops. Default: 500 ms.
	Linger time.Duration
}

// OrDefaults returns the limits with every 0 replaced by its default and
// every negative value by 0, except for Head: that is then noHeadLimit.
func (l Limits) OrDefaults() Limits {
	if l.Head < 0 {
		l.Head = noHeadLimit
	}
	return Limits{
		Head:          orDefault(l.Head, 16<<10),
		Body:          orDefault(l.Body, 0),
		HeaderTimeout: orDefault(l.HeaderTimeout, 20*time.Second),
		BodyTimeout:   orDefault(l.BodyTimeout, 20*time.Second),
		WriteTimeout:  orDefault(l.WriteTimeout, 20*time.Second),
		Linger:        orDefault(l.Linger, 500*time.Millisecond),
	}
}

// noHeadLimit is longer than any head: those who parse one take 0 for a default
// of their own.
const noHeadLimit = math.MaxInt32

func orDefault[T int | int64 | time.Duration](v, or T) T {
	if v == 0 {
		return or
	}
	return max(v, 0)
}

// A Limiter is an [Engine] whose limits can be set. SetLimits is called
// before Serve.
type Limiter interface {
	SetLimits(Limits)
}
