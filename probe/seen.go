package probe

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// An Outcome is what became of a request.
type Outcome string

// What may become of a request.
const (
	Answered   Outcome = "answered"
	Late       Outcome = "late" // answered, but opening its connection took a second or more, so it tells nothing of the service
	TurnedAway Outcome = "turned away"
	Unanswered Outcome = "unanswered"
)

// A Reply is what one request of an experiment came to.
type Reply struct {
	At      time.Duration // sent, since the first heavy request of the experiment was
	Took    time.Duration // from sent to the end of the answer, or to whatever became of it
	Status  string        // as in the record, or of [History.Observed]
	Kept    bool          // the connection had carried a request before
	Outcome Outcome
}

// Replies are the heavy requests and the canaries of an experiment, each in the
// order in which they were sent.
func (o *Observation) Replies() (heavy, canaries []Reply) {
	var zero int64
	for _, rows := range [][]record.Request{o.Heavy, o.Canaries} {
		if len(rows) > 0 {
			zero = begun(&rows[0])
			break
		}
	}
	of := func(rows []record.Request) []Reply {
		replies := make([]Reply, 0, len(rows))
		for i := range rows {
			r := &rows[i]
			x := Reply{At: time.Duration(begun(r) - zero), Took: time.Duration(r.Done - begun(r)), Status: r.Status, Kept: r.Kept, Outcome: Unanswered}
			switch {
			case lateOpened(r) && answered(r):
				x.Outcome = Late
			case answered(r):
				x.Outcome = Answered
			case refusal(r):
				x.Outcome = TurnedAway
			}
			replies = append(replies, x)
		}
		return replies
	}
	return of(o.Heavy), of(o.Canaries)
}

// Observed are the experiments as [Judge] sees them: answers that are known not to
// be the work have the status "fallback", and were turned away.
func (h *History) Observed() []Observation { return h.bare().Experiments }

// Grown is the ID of the experiment in which the service was last seen to grow,
// as a pool does that was kept busy: how many it served at once before that is no
// evidence. 0: it was never seen to.
func (h *History) Grown() int {
	if h = h.bare(); len(h.serial()) == 0 {
		return 0
	}
	return (&assessment{h: h, noise: noiseOf(h.serial())}).lastGrowth()
}

// A Sighting is what one canary met that was asked for while heavy requests
// were held.
type Sighting struct {
	Experiment int           // its ID
	Held       int           // heavy requests that the service had
	Kept       bool          // it was on a connection from before
	Took       time.Duration // from sent to the end of the answer, or to whatever became of it
	Fate       Fate
}

// A Fate is what became of a canary beside held requests.
type Fate string

// What may become of such a canary.
const (
	Free   Fate = "free"   // it was as quick as alone
	Slowed Fate = "slowed" // slower, but it did not wait for any of the heavy ones
	Waited Fate = "waited" // it was answered after one of them had been
	Denied Fate = "denied" // it was turned away
)

// Sightings are what [Judge] learns from canaries: those of waves that can be
// relied on, asked for when all of the wave was there and none of it had been
// answered for too long to tell; and made after the service last grew.
func (h *History) Sightings() []Sighting {
	grown := h.Grown()
	fates := [...]Fate{free: Free, slowed: Slowed, waited: Waited, denied: Denied}
	var all []Sighting
	for _, s := range h.bare().beside() {
		if s.experiment < grown {
			continue
		}
		all = append(all, Sighting{s.experiment, s.held, s.kept, time.Duration(s.took * 1e9), fates[s.fate]})
	}
	return all
}
