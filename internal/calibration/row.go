package calibration

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// Row is the result in the form in which a record keeps it.
func (r *Result) Row() *record.Costs {
	c := &r.Costs
	row := &record.Costs{
		Machine: c.Machine, Speed: c.Speed,
		Nanos: map[string]int64{"quantum": int64(c.Quantum), "slice": int64(c.Slice), "fiber": int64(c.Fiber), "start": int64(c.Start)},
		Low:   map[string]int64{}, High: map[string]int64{},
		Bytes: map[string]int64{"process": c.Memory.Process, "thread": c.Memory.Thread, "connection": c.Memory.Connection, "request": c.Memory.Request},
	}
	for _, f := range r.Fitted {
		row.Nanos[f.Name], row.Low[f.Name], row.High[f.Name] = int64(f.Cost), int64(f.Low), int64(f.High)
	}
	us := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	for _, k := range r.Checks {
		row.Loads = append(row.Loads, record.CostsLoad{Engine: k.Engine, Route: k.Route, Rate: k.Rate, CPUus: us(k.CPU), Simulated: us(k.Simulated)})
	}
	return row
}
