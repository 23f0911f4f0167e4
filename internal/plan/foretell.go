package plan

// trialsOfAnEngine and trialsOfACell are about as many as one takes: more where more is
// searched, fewer where nothing holds.
const (
	trialsOfAnEngine = 100
	trialsOfACell    = 5
)

// A Foretold is what of a plan can be told before anything is tried.
type Foretold struct {
	Trials   int
	Requests float64 // that are simulated in all of them
	Each     float64 // in a trial of the engine that has most
}

// Foretell says how much work a plan will be, to a factor of two or so: requests are
// how many a setup takes.
func (o *Options) Foretell(requests func(Setup) float64) (f Foretold, err error) {
	bases, err := distinct(o.Engines)
	if err != nil {
		return f, err
	}
	p := &planner{Question: o.Question, workload: o.Document.Workload}
	for _, cfg := range bases {
		a := p.ask(cfg)
		c := p.roomy(a, min(p.expected(a), p.MaxInstances))
		n := c.cell(p.workload, p.Balancer)
		if rungs := c.rungs(p.workload, p.Balancer); len(rungs) > 0 {
			n = rungs[0]
		}
		each := requests(c.setup(n, c.workload(p.workload, n), p.Balancer))
		trials := trialsOfAnEngine
		if p.varies(cfg.Engine) {
			trials += trialsOfACell * p.cells()
		}
		f.Trials += trials
		f.Requests += float64(trials) * each
		f.Each = max(f.Each, each)
	}
	return f, nil
}
