package engine

import "time"

// Limits are what an engine puts up with from a client. A field that is 0
// takes its default.
type Limits struct {
	Head          int           // bytes of a request's line and fields; one that has more is answered 431
	Body          int64         // bytes of a request's body; a longer one is answered 413. Default: no limit
	HeaderTimeout time.Duration // from a request's first byte to the end of its head; then 408
	BodyTimeout   time.Duration // without a byte of a body that the handler reads
	WriteTimeout  time.Duration // without progress of a write
	Linger        time.Duration // for which a connection stays open for a request under way, once the engine stops
}

// A Limiter is an [Engine] whose limits can be set. SetLimits is called
// before Serve.
type Limiter interface {
	SetLimits(Limits)
}
