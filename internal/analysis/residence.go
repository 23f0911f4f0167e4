package analysis

import (
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Residence splits the time that the requests of a trial spent in the service
// into shares by state that add up to 1; nil if none was measured.
//
// An engine sees when a wait begins and when its task goes on, not when the
// answer was there: the time in between, spent waiting for the CPU, looks like
// waiting for I/O to it. Two outside clocks put that right. The upstream knows how
// long it held the requests, and the system knows how much CPU the process used:
// what the engine counted beyond them was spent runnable.
func Residence(t *record.Trial) map[string]float64 {
	s := map[string]float64{}
	var total float64
	for state := range model.NumStates {
		s[state.String()] = max(0, t.Server.Residence[state.String()])
		total += s[state.String()]
	}
	if total <= 0 {
		return nil
	}
	await, call, cpu, runnable := model.Awaiting.String(), model.Calling.String(), model.OnCPU.String(), model.Runnable.String()
	waited := s[await] + s[call]
	if held := t.Upstream.InFlight * t.Seconds; held > 0 && waited > held {
		over := 1 - held/waited
		s[runnable] += over * waited
		s[await] -= over * s[await]
		s[call] -= over * s[call]
	}
	if used := t.Server.CPUSeconds; used > 0 && s[cpu] > used {
		s[runnable] += s[cpu] - used
		s[cpu] = used
	}
	for k := range s {
		s[k] /= total
	}
	return s
}
