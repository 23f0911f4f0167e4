package event

// An Event is something that will happen at a time, nanoseconds since the run's
// start. What its fields mean is for the model to say.
type Event struct {
	At   int64
	seq  uint64
	Arg  int32
	Kind uint8
}

// before orders events by time; of one time, as they were scheduled.
func (e *Event) before(o *Event) bool { return e.At < o.At || e.At == o.At && e.seq < o.seq }

// near is how many of the earliest events are kept in a list.
const near = 16

// A Queue hands out events in the order of their times, and those of one time in
// the order in which they were scheduled, so that a run is deterministic.
//
// It is a 4-ary heap of values, half as deep as a binary one, in front of which a
// short sorted list keeps events that are earlier than all in the heap. Much of
// what a model schedules comes next or nearly so, the end of a burst on a CPU or
// the next arrival, and never sees the heap.
type Queue struct {
	list [near]Event // of n events, the latest first
	n    int
	heap []Event
	seq  uint64
}

// Len returns the number of events that have not happened yet.
func (q *Queue) Len() int { return q.n + len(q.heap) }

// Next returns the time of the earliest event; there must be one.
func (q *Queue) Next() int64 {
	if q.n > 0 {
		return q.list[q.n-1].At
	}
	return q.heap[0].At
}

// Schedule adds an event.
func (q *Queue) Schedule(at int64, kind uint8, arg int32) {
	q.seq++
	e := Event{At: at, seq: q.seq, Arg: arg, Kind: kind}
	if q.n == near && (len(q.heap) == 0 || e.before(&q.heap[0])) {
		q.spill()
	}
	if len(q.heap) > 0 && !e.before(&q.heap[0]) {
		q.push(e)
		return
	}
	i := q.n
	for ; i > 0 && q.list[i-1].before(&e); i-- {
		q.list[i] = q.list[i-1]
	}
	q.list[i] = e
	q.n++
}

// spill moves the later half of the list into the heap.
func (q *Queue) spill() {
	for i := range near / 2 {
		q.push(q.list[i])
	}
	q.n = copy(q.list[:], q.list[near/2:])
}

func (q *Queue) push(e Event) {
	q.heap = append(q.heap, e)
	h := q.heap
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !e.before(&h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = e
}

// Take removes the earliest event and returns it; there must be one.
func (q *Queue) Take() Event {
	if q.n > 0 {
		q.n--
		return q.list[q.n]
	}
	h := q.heap
	first := h[0]
	n := len(h) - 1
	last := h[n]
	q.heap = h[:n]
	if n > 0 {
		sink(h[:n], last)
	}
	return first
}

// sink puts e where the root was.
func sink(h []Event, e Event) {
	i := 0
	for {
		child := 4*i + 1
		if child >= len(h) {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, len(h)); c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if !h[least].before(&e) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = e
}
