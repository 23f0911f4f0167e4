package lab

import (
	"context"
	"fmt"
	"runtime"

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
	ln, err := listen()
	if err != nil {
		return err
	}
	server := upstream.New(upstream.Options{Capacity: spec.Capacity, Nice: spec.Nice})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, ln) }()
	if err := c.out.Encode(ready{ln.Addr().String(), runtime.GOMAXPROCS(0)}); err != nil {
		return err
	}
	asked := make(chan error, 1)
	go func() {
		asked <- c.commands(func(command string) (any, error) {
			switch command {
			case "reset":
				server.ResetPeaks()
				return upstreamStats{reactor.Clock(), server.Stats()}, nil
			case "stats":
				return upstreamStats{reactor.Clock(), server.Stats()}, nil
			case "stop":
				return nil, errEnd
			}
			return nil, fmt.Errorf("no command %q", command)
		})
	}()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case err := <-asked:
		if err != nil {
			return err
		}
	case <-terminated():
	}
	stop()
	return <-served
}
