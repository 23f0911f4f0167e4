package exchange

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

const (
	inSize    = 4 << 10  // what most heads fit in; net/http's too
	outSize   = 4 << 10  // head and small body leave in one Write; net/http's too
	stageSize = 2 << 10  // output up to which Content-Length is computed: net/http's bufferBeforeChunkingSize
	largeSize = 32 << 10 // long heads, chunked uploads, io.Copy
)

// buffers is what a connection needs while it has a request, and gives back
// while it has none. A body that a foreign goroutine is still reading when
// its exchange ends keeps the buffers; they are then left to the collector.
type buffers struct {
	input
	head  wire.Request
	stage []byte // output of the handler that is not framed yet
	out   []byte // bytes to be written

	inArray    [inSize]byte
	stageArray [stageSize]byte
	outArray   [outSize]byte
}

var bufferPool = sync.Pool{New: func() any { return new(buffers) }}

func takeBuffers(t Transport) *buffers {
	b := bufferPool.Get().(*buffers)
	b.t, b.buf = t, b.inArray[:]
	b.r, b.w = 0, 0
	b.armed = false
	b.handlers.Store(false)
	b.stage, b.out = b.stageArray[:0], b.outArray[:0]
	return b
}

func (b *buffers) release() {
	b.freeLarge()
	b.t, b.buf, b.out = nil, nil, nil
	if cap(b.head.Fields) > 256 {
		b.head.Fields = nil
	}
	bufferPool.Put(b)
}

var largePool = sync.Pool{New: func() any { return new([largeSize]byte) }}

// input is the received bytes that nobody has consumed: buf[r:w].
type input struct {
	t     Transport
	buf   []byte
	r, w  int
	large *[largeSize]byte // of the pool; buf may be it
	armed bool             // a read deadline of ours is set
	// handlers says that the handler set a read deadline, which ours then
	// leaves alone until the exchange ends.
	handlers atomic.Bool
}

// fill waits for more bytes and makes room for them.
func (in *input) fill() error {
	if in.r == in.w {
		in.r, in.w = 0, 0
	}
	if in.w == len(in.buf) {
		if in.r > 0 {
			in.w = copy(in.buf, in.buf[in.r:in.w])
			in.r = 0
		} else {
			in.grow()
		}
	}
	n, err := readSome(in.t, in.buf[in.w:])
	in.w += n
	return err
}

// grow moves what is held to a larger buffer.
func (in *input) grow() {
	held := in.buf[in.r:in.w]
	if len(in.buf) < largeSize {
		in.large = largePool.Get().(*[largeSize]byte)
		in.buf = in.large[:]
	} else {
		in.buf = make([]byte, 2*len(in.buf))
	}
	in.r, in.w = 0, copy(in.buf, held)
}

func (in *input) freeLarge() {
	if in.large != nil {
		largePool.Put(in.large)
		in.large = nil
	}
}

// deadline sets the read deadline to d from now; 0 clears one of ours.
func (in *input) deadline(d time.Duration) {
	switch {
	case in.handlers.Load():
	case d > 0:
		in.armed = true
		_ = in.t.SetReadDeadline(time.Now().Add(d)) // an error shows at the next Read
	case in.armed:
		in.armed = false
		_ = in.t.SetReadDeadline(time.Time{})
	}
}

// readSome reads at least one byte, or returns an error and none.
func readSome(t Transport, p []byte) (int, error) {
	for range 100 {
		n, err := t.Read(p)
		if n > 0 {
			return n, nil // an error comes again at the next Read
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}
