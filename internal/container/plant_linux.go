package container

// A Plant is a fault to be built into a container, so that those who measure
// engines can prove that they find it. The zero Plant is a container as it
// should be.
type Plant struct {
	Workers     int  // threads there are at most, whatever max says; 0: as max says
	QueueFirst  bool // a thread is added only when the queue is full
	NewestFirst bool // the queue is served last in, first out
	Connections int  // added to the cap on connections
}

// Plant builds a fault in, before Serve.
func (t *Container) Plant(p Plant) {
	if p.Workers > 0 {
		t.executor.Core, t.executor.Max = p.Workers, p.Workers
	}
	if p.QueueFirst {
		t.executor.Core = 1
	}
	t.executor.Newest = p.NewestFirst
	t.conns.limit += p.Connections
}
