package lab

import "sort"

// A series is a quantity seen at moments, on CLOCK_MONOTONIC in nanoseconds.
type series struct {
	at    []int64
	value []float64
}

func (s *series) add(at int64, v float64) {
	s.at, s.value = append(s.at, at), append(s.value, v)
}

// when returns a growing quantity at one moment, on the line between the two
// samples beside it.
func (s *series) when(at int64) float64 {
	n := len(s.at)
	if n == 0 {
		return 0
	}
	i := sort.Search(n, func(i int) bool { return s.at[i] >= at })
	switch {
	case i == 0:
		return s.value[0]
	case i == n:
		return s.value[n-1]
	}
	span := float64(s.at[i] - s.at[i-1])
	if span <= 0 {
		return s.value[i]
	}
	return s.value[i-1] + (s.value[i]-s.value[i-1])*float64(at-s.at[i-1])/span
}

// growth is by how much a growing quantity grew.
func (s *series) growth(from, to int64) float64 { return s.when(to) - s.when(from) }

// within calls f with each sample of a stretch of time.
func (s *series) within(from, to int64, f func(v float64)) {
	for i, at := range s.at {
		if at >= from && at <= to {
			f(s.value[i])
		}
	}
}

// mean is the mean of the samples of a stretch of time.
func (s *series) mean(from, to int64) float64 {
	var sum float64
	n := 0
	s.within(from, to, func(v float64) { sum += v; n++ })
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// most is the largest of the samples of a stretch of time.
func (s *series) most(from, to int64) float64 {
	var m float64
	s.within(from, to, func(v float64) { m = max(m, v) })
	return m
}

// share is the share of samples of a stretch of time that reach a level.
func (s *series) share(from, to int64, level float64) float64 {
	n, reached := 0, 0
	s.within(from, to, func(v float64) {
		n++
		if v >= level {
			reached++
		}
	})
	if n == 0 {
		return 0
	}
	return float64(reached) / float64(n)
}
