package responder

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Slices is CPUs that compute for many threads by turns: each has a CPU for a
// quantum at most while others wait for one.
type Slices struct {
	CPUs    int
	Quantum time.Duration // math.MaxInt64: each computes to its end
	ByLot   bool          // who is next is drawn, as among threads that wait for a lock; else it is who waits longest
	Heavy   time.Duration // mean of what a heavy request computes
	Spread  float64       // its coefficient of variation (lognormal; 0: always the same)
	Canary  time.Duration
	Parts   int // a canary gives its CPU back so often, as it reads and writes; 0: once

	mu      sync.Mutex // guards what follows
	busy    int
	waiting []chan struct{}
	rand    *rand.Rand
}

// Wall has requests compute.
func (s *Slices) Wall() Wall {
	s.rand = rand.New(rand.NewPCG(1, 2))
	sigma := math.Sqrt(math.Log1p(s.Spread * s.Spread))
	return func(c *Call, next func()) {
		work, parts := s.Canary, max(1, s.Parts)
		if c.Heavy {
			work, parts = time.Duration(float64(s.Heavy)*math.Exp(sigma*c.Normal()-sigma*sigma/2)), 1
		}
		for range parts {
			s.compute(work / time.Duration(parts))
		}
		c.Service.work(work)
		next()
	}
}

// compute returns when so much has been computed.
func (s *Slices) compute(left time.Duration) {
	s.take()
	for left > 0 {
		d := min(left, s.Quantum)
		time.Sleep(d)
		if left -= d; left > 0 && s.wanted() {
			s.release()
			s.take()
		}
	}
	s.release()
}

func (s *Slices) wanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) > 0
}

func (s *Slices) take() {
	s.mu.Lock()
	if s.busy < s.CPUs {
		s.busy++
		s.mu.Unlock()
		return
	}
	turn := make(chan struct{})
	s.waiting = append(s.waiting, turn)
	s.mu.Unlock()
	<-turn
}

// release hands the CPU over.
func (s *Slices) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		s.busy--
		return
	}
	next := 0
	if s.ByLot {
		next = s.rand.IntN(len(s.waiting))
	}
	close(s.waiting[next])
	s.waiting = slices.Delete(s.waiting, next, next+1)
}
