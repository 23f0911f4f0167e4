package probe

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/record"
)

// errors counts the single requests that failed with a status of 5xx after they had
// taken about as long as those that did not, and returns how long that was in the
// mean, in seconds. Who is turned away for being too many is not asked to work
// first: such a service fails now and then, however many there are.
func (h *History) errors() (n int, took float64) {
	service, answer := h.service().Seconds(), h.canary().Seconds() // any answer takes that, whatever it says
	for _, o := range h.made(record.ExperimentBaseline) {
		for i := range o.Heavy {
			if r := &o.Heavy[i]; len(r.Status) == 3 && r.Status[0] == '5' && latency(r)-answer > (service-answer)/2 {
				n++
				took += latency(r)
			}
		}
	}
	return n, took / float64(max(1, n))
}

// failing says that single requests failed after they had been worked on; "": none
// did.
func (h *History) failing() string {
	n, took := h.errors()
	if n == 0 {
		return ""
	}
	asked := 0
	for _, o := range h.made(record.ExperimentBaseline) {
		asked += len(o.Heavy)
	}
	return fmt.Sprintf("asked one at a time, %d of %s failed, and only after %s, which is about as long as one takes (%s): errors now and then, not refusals, and among many they look as if there had been too many; write a route that does not fail",
		n, several(asked, "request"), millis(took), millis(h.service().Seconds()))
}
