package upstream

import "github.com/plimsoll-dev/plimsoll/internal/reactor"

// Stats returns a snapshot. It may be called at any time, on any goroutine.
func (s *Server) Stats() Stats {
	a := s.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	clock := reactor.Clock()
	a.all.advance(clock)
	st := Stats{
		ClockNs:         clock,
		InFlight:        a.all.now,
		MaxInFlight:     a.all.max,
		InFlightSeconds: a.all.seconds,
		Requests:        a.all.requests,
		Abandoned:       a.all.abandoned,
		BadRequests:     a.bad,
		ByName:          make(map[string]NameStats, len(a.names)),
		LatenessMaxUs:   (a.maxLateness + 999) / 1000,
		Connections:     a.connections,
		AcceptPauses:    a.pauses,
	}
	if a.lateness.TotalCount() > 0 {
		st.LatenessP50us = a.lateness.ValueAtQuantile(50)
		st.LatenessP99us = a.lateness.ValueAtQuantile(99)
	}
	for name, n := range a.names {
		n.advance(clock)
		st.ByName[name] = NameStats{
			InFlight:        n.now,
			MaxInFlight:     n.max,
			InFlightSeconds: n.seconds,
			Requests:        n.requests,
			Abandoned:       n.abandoned,
			Queued:          n.queued,
		}
	}
	return st
}

// ResetPeaks starts the peaks of what is in flight again from what is in
// flight now. Counters and integrals go on. It may be called at any time, on
// any goroutine.
func (s *Server) ResetPeaks() {
	a := s.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all.max = a.all.now
	for _, n := range a.names {
		n.max = n.now
	}
}

// ResetLateness starts the lateness again from nothing. It may be called at any
// time, on any goroutine.
func (s *Server) ResetLateness() {
	a := s.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lateness.Reset()
	a.maxLateness = 0
}
