package carrier

import "github.com/plimsoll-dev/plimsoll/engine"

// Stats returns a snapshot. Done is left to those who know what threads do.
func (s *Scheduler) Stats() engine.PoolStats {
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return engine.PoolStats{
		Name: engine.PoolCarriers, Size: s.size + s.cfg.Compensate, Threads: len(s.all),
		Busy: s.busy.n, Pinned: s.pinned.n, Queued: s.queue.n,
		BusyNanos: s.busy.integral(now), PinnedNanos: s.pinned.integral(now), QueuedNanos: s.queued.integral(now),
		Mounts: s.mounts, Remounts: s.remounts, Pins: s.pins,
	}
}
