package workload

import (
	"testing"
	"time"
)

// engineCost is what a thread engine itself needs of a CPU for a request,
// roughly: reading, scheduling and writing, and one upstream call.
const engineCost = 100 * time.Microsecond

// black-friday must show what it is for: by Little's law a pool of 200 threads
// is exhausted at under a third of what one CPU can do, and neither the
// database's connections nor the cap on requests in flight come in between.
func TestBlackFridayExhaustsThreadsLongBeforeTheCPU(t *testing.T) {
	doc, err := Load("black-friday")
	if err != nil {
		t.Fatal(err)
	}
	w := doc.Workload
	r := Demand(w).Request
	threads := 200 / r.Residence.Seconds()
	cpu := 1 / (r.CPU + engineCost).Seconds()
	if threads > cpu/3 {
		t.Errorf("200 threads carry %.0f/s, one CPU %.0f/s: more than a third", threads, cpu)
	}
	if threads < 1000 || threads > 1200 || cpu < 4000 || cpu > 5000 {
		t.Errorf("200 threads carry %.0f/s and one CPU %.0f/s; meant are 1,000 to 1,200 and 4,000 to 5,000", threads, cpu)
	}
	pool := w.Resource("inventory-pool")
	if limit := float64(pool.Size) / r.Holding[pool.Name].Seconds(); limit < 1.5*cpu {
		t.Errorf("the inventory pool carries %.0f/s: too near to the CPU's %.0f/s", limit, cpu)
	}
	if open := cpu * r.Residence.Seconds(); float64(w.InFlight) < 3*open {
		t.Errorf("at the CPU's limit %.0f requests are in flight, and the cap is %d", open, w.InFlight)
	}
	if share := unloaded(w); share < w.SLO.Ratio+0.005 {
		t.Errorf("%.2f%% of requests meet the objective without queueing: no room for any", 100*share)
	}
}

// document-qa must have one route that computes, one that waits for long, and
// a pool that is not the wall.
func TestDocumentQARoutesWantOppositeThings(t *testing.T) {
	doc, err := Load("document-qa")
	if err != nil {
		t.Fatal(err)
	}
	w := doc.Workload
	d := Demand(w)
	upload, search, ask := d.Routes["upload"], d.Routes["search"], d.Routes["ask"]
	if upload.CPU < 55*ms || upload.CPU > 65*ms {
		t.Errorf("an upload computes %v, meant are about 60ms", upload.CPU)
	}
	if ask.Residence < time.Second || ask.CPU > ask.Residence/100 {
		t.Errorf("an answer takes %v with %v of CPU work; it should wait", ask.Residence, ask.CPU)
	}
	if search.Residence > upload.Residence || search.Residence > ask.Residence || search.CPU == 0 {
		t.Errorf("a search takes %v (%v of CPU work); it should be the quick one", search.Residence, search.CPU)
	}
	pool := w.Resource("database-pool")
	limit, cpu := float64(pool.Size)/d.Request.Holding[pool.Name].Seconds(), 1/d.Request.CPU.Seconds()
	if limit < 3*cpu {
		t.Errorf("the database pool carries %.0f/s, one CPU %.0f/s", limit, cpu)
	}
	if share := unloaded(w); share < w.SLO.Ratio+0.005 {
		t.Errorf("%.2f%% of requests meet the objective without queueing", 100*share)
	}
	last := w.Stages[len(w.Stages)-1].Rate
	if last > cpu/2 {
		t.Errorf("the stages reach %.0f/s, and one CPU carries %.0f/s at most", last, cpu)
	}
}
