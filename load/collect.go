package load

// collector takes finished seconds off the sending thread: it adds them up, shows
// them to the sink, and gives their memory back. It runs on its own goroutine.
type collector struct {
	in      chan *tally
	free    chan *tally
	started func(Start)
	sink    func(Second)
	begin   Start
	done    chan struct{}

	totals // the collector's own until done is closed
}

// behind is how many finished seconds wait for a slow sink before it holds up
// the run, which then shows as [Second.Delay].
const behind = 8

func newCollector(cfg *Config, sink func(Second)) *collector {
	return &collector{
		in: make(chan *tally, behind), free: make(chan *tally, behind), done: make(chan struct{}),
		started: cfg.Started, sink: sink, totals: newTotals(len(cfg.Routes)),
	}
}

func (c *collector) run() {
	defer close(c.done)
	if c.started != nil {
		c.started(c.begin)
	}
	for t := range c.in {
		s := t.second(c.begin.Clock)
		c.add(&s)
		if c.sink != nil {
			c.sink(s)
		}
		t.reset()
		select {
		case c.free <- t:
		default:
		}
	}
}
