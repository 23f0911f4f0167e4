package reactor

import "sync"

// A Timer runs a function on the reactor's goroutine at a given time. It is
// meant to be embedded: it is part of the heap by its own index, so starting
// and stopping it allocates nothing. It must not be copied after [Timer.Init],
// and belongs to one reactor while it is started.
type Timer struct {
	f     func()
	index int // position in the heap + 1; 0: not started; guarded by the heap's mu
}

// Init sets what the timer runs.
func (t *Timer) Init(f func()) { t.f = f }

// Started reports whether the timer is to fire. Only on the reactor's
// goroutine, and of a timer that nobody else starts.
func (t *Timer) Started() bool { return t.index != 0 }

// Start makes t fire at a time on the reactor's clock ([Clock], nanoseconds),
// once, instead of when it was started for before. A time in the past means as
// soon as possible. Timers of the same time fire in the order in which they
// were started.
//
// It may be called from any goroutine. A reactor that waits is woken only if it
// would wait for too long.
func (r *Reactor) Start(t *Timer, at int64) { r.start(t, at, false) }

// Advance is Start, except that a timer which is to fire by then anyway is left
// alone. Whoever first writes what the timer's function looks at can be sure
// that it looks again, by that time.
func (r *Reactor) Advance(t *Timer, at int64) { r.start(t, at, true) }

func (r *Reactor) start(t *Timer, at int64, advance bool) {
	if t.f == nil {
		panic("reactor: Start of a Timer without Init")
	}
	if r.timers.start(t, at, advance) {
		r.posts.rouse(r.wakefd)
	}
}

// Stop keeps t from firing. It does nothing if t is not started. It may be called
// from any goroutine; from another than the reactor's, t may be firing.
func (r *Reactor) Stop(t *Timer) {
	r.timers.mu.Lock()
	r.timers.stop(t)
	r.timers.mu.Unlock()
}

// fire runs the timers that are due, except those that are started meanwhile.
func (r *Reactor) fire() {
	limit := r.timers.begin(r.now)
	for {
		t := r.timers.due(r.now, limit)
		if t == nil {
			return
		}
		t.f()
	}
}

// timerHeap is a 4-ary heap: half the levels of a binary one, and the four
// children of an entry share two cache lines. Keys stand in the heap itself,
// so sifting does not touch the timers it compares with.
type timerHeap struct {
	mu       sync.Mutex // guards the rest; held for one operation on the heap
	entries  []timerEntry
	sequence uint64 // of the last start
	floor    int64  // while timers fire: the time of the turn; otherwise 0
}

type timerEntry struct {
	at       int64
	sequence uint64
	timer    *Timer
}

func (a *timerEntry) before(b *timerEntry) bool {
	return a.at < b.at || a.at == b.at && a.sequence < b.sequence
}

// next returns the time of the first timer, or never.
func (h *timerHeap) next() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.first()
}

func (h *timerHeap) first() int64 {
	if len(h.entries) == 0 {
		return never
	}
	return h.entries[0].at
}

// start reports whether the next timer is due earlier than before.
func (h *timerHeap) start(t *Timer, at int64, advance bool) (earlier bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if advance && t.index != 0 && h.entries[t.index-1].at <= at {
		return false
	}
	// Else a timer that starts itself for a time long past would be first for
	// ever, in front of others that are due.
	at = max(at, h.floor)
	before := h.first()
	h.sequence++
	e := timerEntry{at, h.sequence, t}
	if t.index == 0 {
		h.entries = append(h.entries, e)
		h.up(len(h.entries)-1, e)
	} else {
		h.fix(t.index-1, e)
	}
	return at < before
}

// begin says that timers are about to fire, and returns which start was the
// last until now.
func (h *timerHeap) begin(now int64) (limit uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.floor = now
	return h.sequence
}

// due takes out the next timer that fires now, of those started up to limit. It
// returns nil when there is none left.
func (h *timerHeap) due(now int64, limit uint64) *Timer {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.first() > now || h.entries[0].sequence > limit {
		h.floor = 0
		return nil
	}
	t := h.entries[0].timer
	h.stop(t)
	return t
}

func (h *timerHeap) stop(t *Timer) {
	if t.index == 0 {
		return
	}
	i := t.index - 1
	t.index = 0
	last := len(h.entries) - 1
	e := h.entries[last]
	h.entries[last] = timerEntry{}
	h.entries = h.entries[:last]
	if i != last {
		h.fix(i, e)
	}
}

func (h *timerHeap) clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.entries {
		e.timer.index = 0
	}
	h.entries = nil
}

// fix puts e in place of the entry at i.
func (h *timerHeap) fix(i int, e timerEntry) {
	if i > 0 && e.before(&h.entries[(i-1)/4]) {
		h.up(i, e)
		return
	}
	h.down(i, e)
}

// up places e at i or above.
func (h *timerHeap) up(i int, e timerEntry) {
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(&h.entries[parent]) {
			break
		}
		h.place(i, h.entries[parent])
		i = parent
	}
	h.place(i, e)
}

// down places e at i or below.
func (h *timerHeap) down(i int, e timerEntry) {
	for {
		first := 4*i + 1
		if first >= len(h.entries) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(h.entries)); c++ {
			if h.entries[c].before(&h.entries[least]) {
				least = c
			}
		}
		if !h.entries[least].before(&e) {
			break
		}
		h.place(i, h.entries[least])
		i = least
	}
	h.place(i, e)
}

func (h *timerHeap) place(i int, e timerEntry) {
	h.entries[i] = e
	e.timer.index = i + 1
}
