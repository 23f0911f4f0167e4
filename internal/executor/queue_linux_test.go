package executor

import "testing"

func TestQueue(t *testing.T) {
	var q queue[int]
	next, want := 0, 0
	for round := range 200 { // more in than out, so that the ring wraps and grows
		for range 3 {
			q.push(next)
			next++
		}
		for range 2 {
			if got := q.pop(); got != want {
				t.Fatalf("round %d: got %d, want %d", round, got, want)
			}
			want++
		}
	}
	if got := q.popLast(); got != next-1 || q.len() != 199 {
		t.Errorf("last %d of %d, want %d of 199", got, q.len(), next-1)
	}
}
