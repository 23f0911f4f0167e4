package lab

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/upstream"
)

// upstreamSpec is what a stand-in for the upstreams is told.
type upstreamSpec struct {
	Capacity map[string]int `json:"capacity,omitempty"`
	Nice     int            `json:"nice"`
}

// upstreamStats is an upstream process's view of itself at one moment.
type upstreamStats struct {
	Clock int64          `json:"clock"` // CLOCK_MONOTONIC, ns
	Stats upstream.Stats `json:"stats"`
}

func upstreamChild(c *child) error {
	var spec upstreamSpec
	if err := c.spec(&spec); err != nil {
		return err
	}
	ln, err := listen("")
	if err != nil {
		return err
	}
	server := upstream.New(upstream.Options{Capacity: spec.Capacity, Nice: spec.Nice})
	return c.serve(ln, server.Serve, func(command string) (any, error) {
		switch command {
		case "reset":
			server.ResetLateness()
		case "stats":
		default:
			return nil, fmt.Errorf("no command %q", command)
		}
		// Peaks are those since the last answer: a trial begins while an upstream
		// still has requests of the one before.
		st := upstreamStats{reactor.Clock(), server.Stats()}
		server.ResetPeaks()
		return st, nil
	})
}
