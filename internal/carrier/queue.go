package carrier

// A queue is a ring of threads. It grows and never shrinks.
type queue struct {
	ring  []Thread // a power of two long
	first int
	n     int
}

func (q *queue) push(t Thread) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.first+q.n)&(len(q.ring)-1)] = t
	q.n++
}

func (q *queue) grow() {
	ring := make([]Thread, max(64, 2*len(q.ring)))
	copied := copy(ring, q.ring[q.first:])
	copy(ring[copied:], q.ring[:q.first])
	q.ring, q.first = ring, 0
}

// pop takes the thread that has waited longest. The queue is not empty.
func (q *queue) pop() Thread {
	t := q.ring[q.first]
	q.ring[q.first] = nil
	q.first = (q.first + 1) & (len(q.ring) - 1)
	q.n--
	return t
}

// popNewest takes the thread that came last: a fault, see [Plant].
func (q *queue) popNewest() Thread {
	q.n--
	i := (q.first + q.n) & (len(q.ring) - 1)
	t := q.ring[i]
	q.ring[i] = nil
	return t
}
