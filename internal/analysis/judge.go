package analysis

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Judge decides whether a trial passed: the SLO held and the number in flight
// did not drift. A fail is void if the measuring itself was disturbed: that only
// ever raises latency, so a pass stays a pass. Who is deadlocked has failed,
// whoever else used the machine, and however late in the trial it was.
func Judge(t *record.Trial, slo model.SLO) {
	t.Reasons, t.Doubtful = nil, false
	n := float64(t.Load.Arrivals)
	if n == 0 {
		t.Outcome, t.Reasons = record.Voided, []string{"nothing was sent"}
		return
	}
	within, failed := float64(t.Load.Within)/n, float64(Failures(t.Load))/n
	if within < slo.Ratio {
		t.Reasons = append(t.Reasons, fmt.Sprintf("%.1f %% answered within %s, %s asked", floor1(100*within), short(slo.Within), percent(slo.Ratio)))
	}
	if failed > slo.Errors {
		t.Reasons = append(t.Reasons, fmt.Sprintf("%s failed (%s), %s allowed", percent(failed), failureList(t.Load), percent(slo.Errors)))
	}
	if t.Drift.Drifts {
		t.Reasons = append(t.Reasons, fmt.Sprintf("requests in flight grew by %.0f a second", t.Drift.PerSecond))
	}
	// How far the worst criterion is from turning, in its own standard errors.
	// Requests in a queue share their fate, so their number counts for less.
	near := math.Abs(within-slo.Ratio) < 1.5*math.Sqrt(slo.Ratio*(1-slo.Ratio)/n*clustering)
	narrow := 1 + 0.25*Resolution(n)/FullResolution // the fewer there were, the less their growth says
	drift := t.Drift.PerSecond > t.Drift.Noise/narrow && t.Drift.PerSecond < narrow*t.Drift.Noise
	// What is past its line does not catch up: something held it up before.
	catching := within < slo.Ratio && t.Drift.PerSecond < -t.Drift.Noise
	t.Doubtful = len(t.Reasons) <= 1 && (near || drift || catching)
	if text := Deadlocked(t); text != "" {
		// No disturbance brings that about, and it does not come to an end.
		t.Outcome, t.Doubtful, t.Reasons = record.Failed, false, append([]string{text}, t.Reasons...)
		return
	}
	if len(t.Reasons) == 0 {
		t.Outcome = record.Passed
		return
	}
	t.Outcome = record.Failed
	if disturbed := Disturbances(t, slo); len(disturbed) > 0 {
		t.Outcome, t.Doubtful = record.Voided, false
		t.Reasons = append(disturbed, t.Reasons...)
	}
}

// clustering is the variance of a count of late requests beside that of
// independent ones.
const clustering = 2

// Failures is the number of requests that were not answered, or with an error.
func Failures(l record.TrialLoad) int64 {
	var n int64
	for _, k := range l.Failures {
		n += k
	}
	return n
}

// Disturbances are the reasons why a trial's latencies are not the service's
// own: each a sentence that begins with who was late.
func Disturbances(t *record.Trial, slo model.SLO) []string {
	var why []string
	// What is late by less than 2 % of the SLO's time cannot decide it.
	limit := max(5*time.Millisecond, slo.Within/50)
	// Its own part only: the wait for a connection may be the service's doing.
	if late := us(t.Load.DelayP99); late > limit {
		why = append(why, fmt.Sprintf("generator: up to %s late with its requests (p99; %s would not matter), using %.0f %% of its CPU", short(late), short(limit), 100*t.Machine.LoadCPUShare))
	}
	if late := us(t.Upstream.LatenessP99us); late > limit {
		why = append(why, fmt.Sprintf("upstream: answered up to %s later than asked (p99; %s would not matter)", short(late), short(limit)))
	}
	// A CPU that is taken away does not matter as long as enough of it is left.
	steal, scarce := stealLimit, t.Server.Available == 0 || t.Server.CPUSeconds > 0.6*t.Server.Available
	if !scarce {
		steal *= 4
	}
	if t.Machine.StealShare > steal {
		why = append(why, fmt.Sprintf("machine: the hypervisor took %.0f %% of the CPU time", 100*t.Machine.StealShare))
	}
	if t.Machine.OthersShare > othersLimit && scarce {
		why = append(why, fmt.Sprintf("machine: other processes used %.0f %% of the server's CPU", 100*t.Machine.OthersShare))
	}
	return why
}

// othersLimit is the share of the server's CPUs that others may use: the
// kernel's own work for the network is some of it.
const othersLimit = 0.1

// stealLimit is the share of the CPU that may be missing: less is within the
// precision of the search.
const stealLimit = 0.05

func us(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

func failureList(l record.TrialLoad) string {
	var kinds []string
	for k, n := range l.Failures {
		if n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, k))
		}
	}
	slices.Sort(kinds)
	s := ""
	for i, k := range kinds {
		if i > 0 {
			s += ", "
		}
		s += k
	}
	return s
}

// floor1 rounds down to one decimal, so that 98.96 % does not read as the 99 %
// that it misses.
func floor1(x float64) float64 { return math.Floor(x*10) / 10 }

// percent prints a share with as many digits as it needs.
func percent(x float64) string { return fmt.Sprintf("%.3g %%", 100*x) }

// short prints a duration to three figures.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.3g s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	default:
		return fmt.Sprintf("%.3g µs", float64(d)/1e3)
	}
}
