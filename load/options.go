package load

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/redact"
	"github.com/plimsoll-dev/plimsoll/model"
)

// options are a configuration as the meta row of a record has it: what shaped
// the run, without header values and bodies, which may be secret, and what in
// paths is.
type options struct {
	Target      string            `json:"target"`
	Routes      []optionRoute     `json:"routes"`
	Stages      []optionStage     `json:"stages"`
	Arrivals    model.ArrivalKind `json:"arrivals,omitempty"`
	Burst       int               `json:"burst,omitempty"`
	Connections int               `json:"connections,omitempty"`
	Within      time.Duration     `json:"within_ns,omitempty"`
	Timeout     time.Duration     `json:"timeout_ns"`
	InFlight    int               `json:"in_flight"`
	Preopen     int               `json:"preopen"`
}

type optionRoute struct {
	Name   string  `json:"name"`
	Method string  `json:"method"`
	Path   string  `json:"path"`
	Weight float64 `json:"weight,omitempty"`
}

type optionStage struct {
	For  time.Duration `json:"for_ns"`
	Rate float64       `json:"rate"`
	To   float64       `json:"to,omitempty"`
}

// options returns what the record says of a completed configuration.
func (c *Config) options() (map[string]any, error) {
	o := options{
		Target: c.Target, Arrivals: c.Arrivals.Kind, Burst: c.Arrivals.Burst, Connections: c.Closed,
		Timeout: c.Timeout, InFlight: c.InFlight, Preopen: c.Preopen,
	}
	if c.Closed > 0 {
		o.Arrivals, o.Burst = "", 0
	}
	if c.Within != math.MaxInt64 {
		o.Within = c.Within
	}
	for _, r := range c.Routes {
		o.Routes = append(o.Routes, optionRoute{r.Name, r.Method, redact.Path(r.Path), r.Weight})
	}
	for _, s := range c.Stages {
		o.Stages = append(o.Stages, optionStage(s))
	}
	b, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("load: options: %w", err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("load: options: %w", err)
	}
	return m, nil
}

// configOf reads them back.
func configOf(m map[string]any) (Config, error) {
	var o options
	b, err := json.Marshal(m)
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		return Config{}, fmt.Errorf("load: options in the record: %w", err)
	}
	c := Config{
		Target: o.Target, Arrivals: model.Arrivals{Kind: o.Arrivals, Burst: o.Burst}, Closed: o.Connections,
		Within: o.Within, Timeout: o.Timeout, InFlight: o.InFlight, Preopen: o.Preopen,
	}
	for _, r := range o.Routes {
		c.Routes = append(c.Routes, Route{Name: r.Name, Method: r.Method, Path: r.Path, Weight: r.Weight})
	}
	for _, s := range o.Stages {
		c.Stages = append(c.Stages, model.Stage(s))
	}
	return c, nil
}
