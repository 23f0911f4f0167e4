package probe

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// Machine is what the CPUs of the service's machine have done since some moment.
type Machine struct {
	CPUs  int
	Busy  time.Duration // they ran something, summed over them
	Steal time.Duration // the hypervisor ran something else, summed over them
}

const (
	cpuLook    = 300 * time.Millisecond // long against the tick of 10 ms in which CPU time is counted
	cpuLooks   = 6                      // a service that has just begun may still have something to do
	leastSteal = 0.05                   // the share of all CPUs that a hypervisor may take unnoticed

	codeBusy  = "machine-busy"
	codeSteal = "machine-steal"
)

// interference warns if others use this machine's CPUs so much, before anything is asked
// of the service, that it will not have one when it needs one: what is measured
// then is their doing. It returns what was seen first, for [runner.stolen].
func (r *runner) interference(ctx context.Context) (Machine, error) {
	if r.cfg.Machine == nil || !r.here() {
		return Machine{}, nil
	}
	first, err := r.cfg.Machine()
	if err != nil {
		return Machine{}, nil // a system that does not say
	}
	before, least := first, 0.0
	for i := range cpuLooks {
		select {
		case <-ctx.Done():
			return Machine{}, ctx.Err()
		case <-time.After(cpuLook):
		}
		now, err := r.cfg.Machine()
		if err != nil {
			return Machine{}, nil
		}
		if busy := (now.Busy - before.Busy).Seconds() / cpuLook.Seconds(); i == 0 || busy < least {
			least = busy
		}
		if n := float64(now.CPUs); n-least > min(1, 0.75*n) {
			return first, nil
		}
		before = now
	}
	return first, r.write(record.Warning{Head: r.head(), Code: codeBusy, Text: fmt.Sprintf(
		"before anything was asked of the service, %.1f of this machine's %d CPUs were in use: requests may have waited for those who use them; probe again when they are done", least, first.CPUs)})
}

// here reports whether the service is on this machine.
func (r *runner) here() bool {
	a, err := netip.ParseAddrPort(r.reached[r.heavy.address])
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// stolen warns if the hypervisor took CPU time while the service was probed.
func (r *runner) stolen(first Machine) error {
	if first.CPUs == 0 {
		return nil
	}
	now, err := r.cfg.Machine()
	if err != nil {
		return nil
	}
	share := (now.Steal - first.Steal).Seconds() / (float64(r.now()) / 1e9 * float64(now.CPUs))
	if share < leastSteal {
		return nil
	}
	return r.write(record.Warning{Head: r.head(), Code: codeSteal, Text: fmt.Sprintf(
		"the hypervisor gave %.0f %% of this machine's CPU time to others meanwhile: requests may have waited for that; probe again when it is calm", 100*share)})
}

// interfered reports whether others had the machine's CPUs.
func (h *History) interfered() bool {
	for i := range h.Warnings {
		if c := h.Warnings[i].Code; c == codeBusy || c == codeSteal {
			return true
		}
	}
	return false
}
