package executor

// A queue is a first-in-first-out queue on a ring that grows as needed and
// never shrinks below its peak's power of two. The zero value is ready.
type queue[T any] struct {
	ring  []T
	first int
	n     int
}

func (q *queue[T]) len() int { return q.n }

func (q *queue[T]) push(v T) {
	if q.n == len(q.ring) {
		grown := make([]T, max(16, 2*len(q.ring)))
		for i := range q.n {
			grown[i] = q.ring[(q.first+i)%len(q.ring)]
		}
		q.ring, q.first = grown, 0
	}
	q.ring[(q.first+q.n)%len(q.ring)] = v
	q.n++
}

// pop takes the oldest; the queue must not be empty.
func (q *queue[T]) pop() T {
	v := q.take(q.first)
	q.first = (q.first + 1) % len(q.ring)
	return v
}

// popLast takes the newest. No engine wants that: it is one of the faults that
// a Plant makes.
func (q *queue[T]) popLast() T {
	return q.take((q.first + q.n - 1) % len(q.ring))
}

func (q *queue[T]) take(i int) T {
	var zero T
	v := q.ring[i]
	q.ring[i] = zero
	q.n--
	return v
}
