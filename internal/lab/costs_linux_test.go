package lab

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/calibration"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
)

// arithmetic skips what simulates for long under the race detector, and runs
// without.
func arithmetic(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("it is arithmetic for the most part, and runs without the detector")
	}
}

// A crowded machine may give a server nothing for a second, and a broken server
// answers never.
func TestALoadOfWhichNothingIsAnsweredIsRepeatedForLonger(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		why       string
		responses []int // look by look; the last goes on, and less than 0 is an error
		want      []time.Duration
		says      string // "": it succeeds
	}{
		{"it answers", []int{9}, []time.Duration{1}, ""},
		{"it answers late", []int{0, 0, 9}, []time.Duration{1, 2, 4}, ""},
		{"it never answers", []int{0}, []time.Duration{1, 2, 4}, "nothing was answered at 50 requests/s, 3 times, at last in 4s; is the machine busy?"},
		{"the generator has died", []int{0, -1}, []time.Duration{1, 2}, "broken"},
	} {
		var windows []time.Duration
		row, err := answered(func(window time.Duration) (*record.Trial, error) {
			n := c.responses[min(len(windows), len(c.responses)-1)]
			windows = append(windows, window/calibration.Window)
			if n < 0 {
				return nil, broken
			}
			return &record.Trial{Rate: 50, Server: record.TrialServer{Responses: int64(n)}}, nil
		})
		if !slices.Equal(windows, c.want) || (err == nil) != (c.says == "") || err != nil && err.Error() != c.says || err == nil && row.Server.Responses != 9 {
			t.Errorf("%s: looked for %d seconds; %v", c.why, windows, err)
		}
	}
}

// What costs are on this machine nobody knows; only what nobody would believe.
func TestACalibrationWritesAFileThatIsPlausible(t *testing.T) {
	arithmetic(t)
	m, err := Calibrate(t.Context(), CalibrateOptions{Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range m.Rounds[0] {
		if o.CPU < 20*time.Microsecond || o.CPU > 100*time.Millisecond || o.Rate <= 0 {
			t.Errorf("%s on %s: %s of CPU time a request at %.1f/s", o.Route, o.Engine, o.CPU, o.Rate)
		}
	}
	r, err := calibration.Conclude(m)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := r.Write(&file); err != nil {
		t.Fatal(err)
	}
	c, err := sim.ParseCosts(file.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, &file)
	}
	for _, x := range []struct {
		name             string
		got, least, most time.Duration
	}{
		{"quantum", c.Quantum, 100 * time.Microsecond, time.Second},
		{"slice", c.Slice, 100 * time.Microsecond, time.Second},
		{"fiber", c.Fiber, 10 * time.Nanosecond, time.Millisecond},
		{"start", c.Start, time.Microsecond, 100 * time.Millisecond},
		{"switch", c.Switch, 500 * time.Nanosecond, 10 * time.Millisecond},
		// Which of these is which, one round on a busy machine does not tell.
		{"all that was fitted", c.Request + c.Exchange + c.Handoff + c.Switch + c.Wake + c.Park, 5 * time.Microsecond, time.Second},
	} {
		if x.got < x.least || x.got > x.most {
			t.Errorf("%s: %s in\n%s", x.name, x.got, &file)
		}
	}
	if p := c.Memory.Process; p < 1<<20 || p > 1<<31 {
		t.Errorf("a process of %d bytes", p)
	}
}
