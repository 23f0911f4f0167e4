package work

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"
)

// medianCPU is the median CPU time of some work, which is hardly touched by
// what else the machine does.
func medianCPU(t *testing.T, units uint64) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var took []time.Duration
	for range 15 {
		d, err := cpuTime(t.Context(), units)
		if err != nil {
			t.Fatal(err)
		}
		took = append(took, d)
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func TestCPUTimeIsProportionalToTheWork(t *testing.T) {
	units, err := batchSize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	one, four := medianCPU(t, units), medianCPU(t, 4*units)
	if ratio := float64(four) / float64(one); ratio < 2.5 || ratio > 6.5 {
		t.Errorf("%d units take %v, four times as many %v: ratio %.2f", units, one, four, ratio)
	}
}

func TestCalibratedWorkTakesTheTimeItStandsFor(t *testing.T) {
	s, err := Calibrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Repetitions < minBatches || s.Repetitions > maxBatches || s.Spread < 0 || s.Spread > 1 {
		t.Errorf("%+v", s)
	}
	const want = 3 * time.Millisecond
	if got := medianCPU(t, s.Units(want)); got < want*2/5 || got > want*5/2 {
		t.Errorf("work for %v of CPU took %v of it", want, got)
	}
	t.Logf("%+v", s)
}

func TestCalibrationCanBeCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Calibrate(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// On one processor, somebody else gets a turn while the work goes on.
func TestTheSchedulerCanInterruptTheWork(t *testing.T) {
	units, err := batchSize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 20 { // the scheduler notices after 10 ms, if it gets a CPU itself
		turn := make(chan struct{})
		go close(turn)
		Do(100 * units)
		select {
		case <-turn:
			return
		default:
		}
	}
	t.Error("in 20 times 100 ms of work nobody else had a turn")
}
