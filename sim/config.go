package sim

import (
	"errors"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A Config says what to simulate.
type Config struct {
	Workload *model.Workload
	Engine   model.EngineConfig
	CPUs     int // that the server has, or each of its instances
	Costs    Costs
	Seed     uint64
	Route    string // the only one that is requested; "": all, by weight

	// Stages are the rates of open arrivals, which come as the workload says.
	Stages []model.Stage
	// Clients in place of Stages is a closed loop: so many clients, each of which
	// thinks, sends a request, and waits for its end.
	Clients int
	Think   model.Dist

	// Instances behind a balancer, identical and each with all that the engine, CPUs
	// and resources give it, but for the resources that are shared; 0: one. Clients
	// may have Workload.InFlight requests open for each.
	Instances int
	Balancer  model.Balancer // by which requests are given to them; "": round-robin

	Retry Retry // what clients do about requests that failed

	// Compute is the share of the workload's CPU work that is left; 0: all of it.
	Compute float64
	// Ended is told of every request when it ends for its client; nil: nobody is.
	Ended func(Ended)
}

// Ended is what became of a request, as its client saw it. Times are nanoseconds
// since the simulation's start.
type Ended struct {
	Route    int   // index into the workload's
	Intended int64 // when it was due, the first time; an SLO's latency counts from here
	Done     int64
	Outcome  load.Outcome // of the last time that it was sent
	Retries  int          // that were made of it
	Instance int          // that it was given to; -1: none, because clients had too many open when it was due
}

func (c *Config) validate() error {
	if c.Workload == nil || len(c.Workload.Routes) == 0 {
		return errors.New("sim: there is no workload")
	}
	if c.CPUs < 1 {
		return fmt.Errorf("sim: the server has %d CPUs; give it 1 or more", c.CPUs)
	}
	if c.Instances < 0 || c.Instances > MaxInstances {
		return fmt.Errorf("sim: there are %d instances; write a number from 1 to %d", c.Instances, MaxInstances)
	}
	if _, err := model.ParseBalancer(string(c.Balancer)); err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	if c.Route != "" && c.Workload.Route(c.Route) == nil {
		return fmt.Errorf("sim: the workload has no route %q", c.Route)
	}
	if c.Compute < 0 {
		return fmt.Errorf("sim: %g of the CPU work is left; write a share, such as 0.5", c.Compute)
	}
	switch open := len(c.Stages) > 0; {
	case open == (c.Clients > 0):
		return errors.New("sim: requests come either at the rates of stages or from clients; give one of the two")
	case !open && c.Think.Mean() <= 0:
		return errors.New("sim: clients that do not think have no rate to come at; give them a think time, however short")
	}
	if err := c.Retry.validate(); err != nil {
		return err
	}
	return c.Costs.validate()
}

// MaxInstances is how many there may be: more than a balancer has behind it.
const MaxInstances = 100_000

// routes are those that are requested, in the workload's order: the others have
// no weight.
func (c *Config) routes() []load.Route {
	var routes []load.Route
	for _, r := range c.Workload.Routes {
		if c.Route != "" && r.Name != c.Route {
			r.Weight = 0
		}
		routes = append(routes, load.Route{Name: r.Name, Path: r.Path, Weight: r.Weight})
	}
	if c.Route != "" && c.Workload.Route(c.Route).Weight == 0 {
		for i := range routes {
			if routes[i].Name == c.Route {
				routes[i].Weight = 1
			}
		}
	}
	return routes
}
