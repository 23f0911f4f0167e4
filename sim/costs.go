package sim

import (
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"
)

// Costs are what an engine's work takes on some machine. Times are CPU time of one
// of its CPUs, memory is resident.
type Costs struct {
	Machine string `yaml:"machine"` // that they are of, in words

	// Speed is how fast the CPU computes, as a multiple of the one that the
	// document's compute steps are given for.
	Speed float64 `yaml:"speed"`
	// Quantum is how long a thread runs while others wait for its CPU. 0 is exact
	// processor sharing, the limit of ever shorter quanta.
	Quantum time.Duration `yaml:"quantum"`
	// Slice is how long a goroutine runs while others wait for its processor.
	Slice time.Duration `yaml:"slice"`

	Switch   time.Duration `yaml:"switch"`   // a CPU turns to another thread
	Wake     time.Duration `yaml:"wake"`     // beside that, if it had nothing to do and slept
	Fiber    time.Duration `yaml:"fiber"`    // a coroutine, virtual thread or goroutine is resumed
	Park     time.Duration `yaml:"park"`     // a loop, carrier or Go's processor waits for events, because it has nothing else to do
	Handoff  time.Duration `yaml:"handoff"`  // a request or a step is given to a thread of a pool
	Start    time.Duration `yaml:"start"`    // a thread is created
	Request  time.Duration `yaml:"request"`  // a request is read and answered: codec and system calls
	Exchange time.Duration `yaml:"exchange"` // an upstream is asked and its answer read

	Memory Memory `yaml:"memory"`
}

// Memory is what a server's process keeps resident, in bytes.
type Memory struct {
	Process    int64 `yaml:"process"`    // without anything to do
	Thread     int64 `yaml:"thread"`     // for each thread
	Connection int64 `yaml:"connection"` // for each open connection
	Request    int64 `yaml:"request"`    // for each request in the server
}

//go:embed costs/default.yaml
var defaultCosts []byte

// DefaultCosts are those of the machine that the project was developed on, for
// where none were measured. The file says where each number comes from.
func DefaultCosts() Costs {
	c, err := ParseCosts(defaultCosts)
	if err != nil {
		panic(err) // embedded
	}
	return c
}

// ParseCosts reads a file of costs. Every key has to be there: what is left out
// would cost nothing without anybody having said so.
func ParseCosts(source []byte) (Costs, error) {
	var c Costs
	given := map[string]any{}
	if err := yaml.Unmarshal(source, &given); err != nil {
		return c, fmt.Errorf("sim: costs: %w", err)
	}
	for _, key := range []string{"machine", "speed", "quantum", "slice", "switch", "wake", "fiber", "park", "handoff", "start", "request", "exchange", "memory"} {
		if _, ok := given[key]; !ok {
			return c, fmt.Errorf("sim: costs: %s is missing; every cost has to be given, 0 for none", key)
		}
	}
	if err := yaml.UnmarshalWithOptions(source, &c, yaml.Strict()); err != nil {
		return c, fmt.Errorf("sim: costs: %w", err)
	}
	return c, c.validate()
}

func (c *Costs) validate() error {
	if !(c.Speed >= 1e-3 && c.Speed <= 1e3) {
		return fmt.Errorf("sim: costs: speed is %g; write 1 for the CPU that the document's compute steps are given for, or how many times as fast this one is, from 0.001 to 1000", c.Speed)
	}
	for _, d := range []time.Duration{c.Quantum, c.Slice, c.Switch, c.Wake, c.Fiber, c.Park, c.Handoff, c.Start, c.Request, c.Exchange} {
		if d < 0 {
			return fmt.Errorf("sim: costs: %s is negative; write 0 for what costs nothing", d)
		}
	}
	if m := c.Memory; min(m.Process, m.Thread, m.Connection, m.Request) < 0 {
		return errors.New("sim: costs: memory is negative; write 0 for what needs none")
	}
	return nil
}
