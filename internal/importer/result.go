package importer

import (
	"cmp"
	"slices"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// A Result is an imported workload.
type Result struct {
	Workload *model.Workload
	Comments workload.Comments // where each figure came from
	Unmapped []Unmapped        // what is not in the workload, the most frequent first
}

// Unmapped is something of which the input has N and the workload none.
type Unmapped struct {
	N    int
	What string
}

// Options are what an import is asked for.
type Options struct {
	Service string     // whose requests are modelled; "": of the service that most requests enter by
	Waits   model.Verb // Await or Call: what a client span is
}

// A tallied counts what could not be mapped.
type tallied map[string]int

func (t tallied) list() (out []Unmapped) {
	for what, n := range t {
		if n > 0 {
			out = append(out, Unmapped{n, what})
		}
	}
	slices.SortFunc(out, func(a, b Unmapped) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.What, b.What)) })
	return out
}

// What could not be mapped of traces.
const (
	lostIDs       = "spans without a trace or span identifier"
	lostSampled   = "spans of traces left out to bound memory: a random choice of whole traces is kept"
	lostDuplicate = "spans whose identifier another span of the trace has: the first one is used"
	lostOpen      = "spans that were not ended, or end before they begin"
	lostDay       = "spans of more than a day: never ended, or a clock was set meanwhile"
	lostCycle     = "spans that are their own ancestors"
	lostOrphan    = "spans of the service whose parent is not in the file (a sampler or an exporter dropped it)"
	lostOutside   = "waits and internal spans of the service outside any request (background work, start-up)"
	lostConsumer  = "consumer spans of the service: messages are not requests"
	lostNested    = "client spans inside client spans: the outer one is the wait"
	lostAfter     = "spans that begin after their request was answered"
	lostClipped   = "spans that end after their parent: they count until its end (work that goes on after the answer, or clocks)"
	lostLinks     = "spans with links: what they wait for elsewhere is not followed"
	lostSkew      = "calls whose server span does not lie inside its client span: clocks differ between services (only the service's own clock is used)"
	lostUnnamed   = "waits whose peer no attribute names: the span's name stands for it"
	lostFailed    = "requests that failed: mapped like the others"
	lostDeep      = "requests with more than 8 parallels inside each other"
	lostNesting   = "spans with more than 1000 others around them"
	lostLarge     = "requests of routes with more than 900 steps (a query in a loop?)"
	lostShapes    = "requests of shapes past the first 900 steps of their routes (a query in a loop? their routes' weights count them)"
	lostRare      = "requests of rare shapes (their routes' weights count them)"
	lostRoutes    = "requests of rare routes"
)
