package event

import "fmt"

// A Level is how many are somewhere, and keeps account of it in two ways: the
// number present is integrated over time, and the times of each visit are added
// up, from the entrance that the visitor itself remembers. By Little's law the two
// agree, to the nanosecond, whenever nobody is there: [Level.Check].
type Level struct {
	N    int64 // present now
	Max  int64 // the most that were
	In   int64 // entered so far
	Out  int64 // left so far
	area int64 // integral of N over time until at
	at   int64

	visits int64 // nanoseconds that those who left had spent
	since  int64 // sum of the entrance times of those present
	fault  int64 // by how much the accounts have differed when nobody was there
}

// Enter counts one who comes.
func (l *Level) Enter(now int64) {
	l.area += l.N * (now - l.at)
	l.at = now
	l.N++
	l.In++
	l.since += now
	l.Max = max(l.Max, l.N)
}

// Leave counts one who goes, and came at since.
func (l *Level) Leave(now, since int64) {
	l.area += l.N * (now - l.at)
	l.at = now
	l.N--
	l.Out++
	l.since -= since
	l.visits += now - since
	if l.N == 0 && l.since != 0 {
		l.fault = l.area - l.visits
	}
}

// Area returns the integral of the number present over time, nanoseconds.
func (l *Level) Area(now int64) int64 { return l.area + l.N*(now-l.at) }

// Visits returns the time that all who left had spent, nanoseconds.
func (l *Level) Visits() int64 { return l.visits }

// Check compares the two accounts. A difference is a fault of the model: somebody
// left twice or never, or with another's time of entrance.
func (l *Level) Check(now int64) error {
	if l.fault != 0 {
		return fmt.Errorf("little's law: when nobody was there, the number present added up to %d ns more than the visits", l.fault)
	}
	if l.N < 0 || l.In-l.Out != l.N {
		return fmt.Errorf("little's law: %d came, %d went, and %d are present", l.In, l.Out, l.N)
	}
	if l.since < 0 || l.since > l.N*now {
		return fmt.Errorf("little's law: those present have been there for %d ns together, since the start %d times %d have passed", l.N*now-l.since, l.N, now)
	}
	return nil
}
