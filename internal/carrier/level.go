package carrier

// A level is a number that changes, and its integral over time. Changes need
// not be entered in the order of their times.
type level struct {
	n int
	// offset makes n·t + offset the integral up to t. It may wrap around, and
	// so may the product; their sum does not.
	offset int64
}

func (l *level) add(d int, now int64) {
	l.n += d
	l.offset -= int64(d) * now
}

// integral returns the sum of n over time, up to now.
func (l *level) integral(now int64) int64 { return int64(l.n)*now + l.offset }
