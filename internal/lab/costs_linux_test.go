package lab

import (
	"bytes"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/calibration"
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
