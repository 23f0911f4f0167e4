package event

// A Ring is a first-in-first-out queue that grows as needed. Its zero value is
// empty.
type Ring[T any] struct {
	buf  []T // its length is a power of two
	head int
	n    int
}

// Len returns the number of elements.
func (r *Ring[T]) Len() int { return r.n }

// Push adds v at the end.
func (r *Ring[T]) Push(v T) {
	if r.n == len(r.buf) {
		r.grow()
	}
	r.buf[(r.head+r.n)&(len(r.buf)-1)] = v
	r.n++
}

// PushFront adds v before the first.
func (r *Ring[T]) PushFront(v T) {
	if r.n == len(r.buf) {
		r.grow()
	}
	r.head = (r.head - 1) & (len(r.buf) - 1)
	r.buf[r.head] = v
	r.n++
}

// Pop removes the first element; there must be one.
func (r *Ring[T]) Pop() T {
	v := r.buf[r.head]
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.n--
	return v
}

// PopBack removes the last element; there must be one.
func (r *Ring[T]) PopBack() T {
	r.n--
	return r.buf[(r.head+r.n)&(len(r.buf)-1)]
}

// At returns the element that has i others before it; there must be one.
func (r *Ring[T]) At(i int) T { return r.buf[(r.head+i)&(len(r.buf)-1)] }

// First returns the first element; there must be one.
func (r *Ring[T]) First() T { return r.buf[r.head] }

func (r *Ring[T]) grow() {
	buf := make([]T, max(8, 2*len(r.buf)))
	for i := range r.n {
		buf[i] = r.buf[(r.head+i)&(len(r.buf)-1)]
	}
	r.buf, r.head = buf, 0
}
