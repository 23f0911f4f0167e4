package work

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"
)

const (
	batchTime  = time.Millisecond // CPU time of a repetition
	maxBatches = 60
	minBatches = 9
	// budget is when Calibrate stops if it has minBatches, so that it takes less
	// than 200 ms, except on a machine so busy that it gets no CPU.
	budget = 150 * time.Millisecond
)

// Calibrate measures the speed of the CPU it runs on, in under 200 ms. It
// counts the CPU time of its own thread: a neighbour who takes the CPU away
// does not make it look slow, one on the other half of the core does.
//
// The estimate is the mean of the narrowest range that holds half of the
// repetitions (the shorth; Andrews et al., Robust Estimates of Location, 1972):
// where the machine is disturbed now and then, the speed it has otherwise.
func Calibrate(ctx context.Context) (Speed, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begun := time.Now()
	units, err := batchSize(ctx)
	if err != nil {
		return Speed{}, err
	}
	var rates []float64
	for len(rates) < maxBatches && (len(rates) < minBatches || time.Since(begun) < budget) {
		took, err := cpuTime(ctx, units)
		if err != nil {
			return Speed{}, err
		}
		if took > 0 {
			rates = append(rates, float64(units)/(float64(took)/float64(time.Microsecond)))
		}
	}
	rate, width := shorth(rates)
	return Speed{UnitsPerMicrosecond: rate, Spread: width / rate, Repetitions: len(rates)}, nil
}

// batchSize returns the units that take about batchTime. It also warms up: it
// works until a batch takes that long, some 2 ms in all.
func batchSize(ctx context.Context) (uint64, error) {
	for units := uint64(1000); ; units *= 2 {
		took, err := cpuTime(ctx, units)
		if err != nil || took >= batchTime {
			return units, err
		}
	}
}

// cpuTime returns the CPU time that the calling thread needs for some work.
func cpuTime(ctx context.Context, units uint64) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("work: calibrate: %w", err)
	}
	before, err := threadCPU()
	if err != nil {
		return 0, fmt.Errorf("work: calibrate: %w", err)
	}
	Do(units)
	after, err := threadCPU()
	if err != nil {
		return 0, fmt.Errorf("work: calibrate: %w", err)
	}
	return after - before, nil
}

// shorth returns the mean and the width of the narrowest range that holds half
// of the values, rounded up. It sorts them.
func shorth(values []float64) (mean, width float64) {
	slices.Sort(values)
	half := (len(values) + 1) / 2
	best := 0
	for i := range len(values) - half + 1 {
		if values[i+half-1]-values[i] < values[best+half-1]-values[best] {
			best = i
		}
	}
	for _, v := range values[best : best+half] {
		mean += v / float64(half)
	}
	return mean, values[best+half-1] - values[best]
}
