package carrier

import "github.com/plimsoll-dev/plimsoll/engine"

// Stats returns a snapshot, without what only threads know (Done), and how many
// deadlocks there were.
func (s *Scheduler) Stats() (pool engine.PoolStats, deadlocks uint64) {
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return engine.PoolStats{
		Name: engine.PoolCarriers, Size: s.most, Threads: len(s.all),
		Busy: s.busy.n, Pinned: s.pinned.n, Queued: s.queue.n,
		BusyNanos: s.busy.integral(now), PinnedNanos: s.pinned.integral(now), QueuedNanos: s.queued.integral(now),
		Mounts: s.mounts, Remounts: s.remounts, Pins: s.pins,
	}, s.deadlocks
}
