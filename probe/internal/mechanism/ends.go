package mechanism

// An end is when a request gives its place back, in seconds.
type end struct {
	at      float64
	request int
}

// ends is a binary heap of those, the earliest first: container/heap would
// allocate for each of the many that simulating waves takes.
type ends []end

func (h *ends) push(x end) {
	s := append(*h, x)
	i := len(s) - 1
	for i > 0 && s[(i-1)/2].at > s[i].at {
		s[i], s[(i-1)/2] = s[(i-1)/2], s[i]
		i = (i - 1) / 2
	}
	*h = s
}

// pop removes the earliest; there must be one.
func (h *ends) pop() end {
	s := *h
	first := s[0]
	n := len(s) - 1
	s[0] = s[n]
	s = s[:n]
	for i := 0; ; {
		least := 2*i + 1
		if least >= n {
			break
		}
		if least+1 < n && s[least+1].at < s[least].at {
			least++
		}
		if s[i].at <= s[least].at {
			break
		}
		s[i], s[least] = s[least], s[i]
		i = least
	}
	*h = s
	return first
}
