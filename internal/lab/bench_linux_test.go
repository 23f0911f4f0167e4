package lab

import (
	"path/filepath"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// published is the case that everybody knows: 200 threads, each held for
// 200 ms, carry 1,000 requests a second. Arrivals are evenly spaced, so that
// only the pool decides.
const published = `workload: published
upstreams:
  api: {latency: 200ms}
routes:
  r: {weight: 1, steps: [{await: api}]}
arrivals: constant
timeout: 5s
in-flight: 2000
slo: {within: 1s, ratio: 99%, errors: 0.1%}
`

// BenchmarkPublished200 compares what `compare` says of that case with
// 200 / 0.2 s, and prints what was seen of the pool from outside.
func BenchmarkPublished200(b *testing.B) {
	const theory = 200 / 0.2
	for range b.N {
		w, _, err := workload.Parse("published.yaml", []byte(published))
		if err != nil {
			b.Fatal(err)
		}
		path := filepath.Join(b.TempDir(), "record.jsonl")
		rw, err := record.Create(path)
		if err != nil {
			b.Fatal(err)
		}
		cfg, err := model.ParseEngine("thread:max=200")
		if err != nil {
			b.Fatal(err)
		}
		run := &analysis.Run{}
		err = Compare(b.Context(), Options{
			Document: &workload.Document{Name: "published.yaml", Source: []byte(published), Workload: w},
			Engines:  []model.EngineConfig{cfg}, Record: rw,
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := rw.Close(); err != nil {
			b.Fatal(err)
		}
		var saturated, answered float64
		_, err = record.Open(path, func(row record.Row) error {
			// Past the line every thread is busy: what is answered then is what they carry.
			if t, ok := row.(*record.Trial); ok && t.Purpose == record.PurposeOverload {
				saturated += t.Seconds
				answered += float64(t.Server.Responses)
			}
			return run.Add(row, func(name string, source []byte) (*model.Workload, error) { return w, nil })
		})
		if err != nil {
			b.Fatal(err)
		}
		v := analysis.Derive(run).Engines[0]
		b.Logf("wall %s, evidence %q", v.Wall.Kind, v.Wall.Evidence)
		if v.Wall.ConfirmedBy != nil {
			b.Logf("confirmed: %s", *v.Wall.ConfirmedBy)
		}
		if saturated > 0 {
			b.ReportMetric(answered/saturated, "saturated/s")
			b.ReportMetric(answered/saturated/theory, "of-theory")
		}
		if v.LoadLine.Low != nil && v.LoadLine.High != nil {
			b.ReportMetric(*v.LoadLine.Low, "line-low/s")
			b.ReportMetric(*v.LoadLine.High, "line-high/s")
		}
		for _, t := range run.Engines[0].Trials {
			if t.Purpose == record.PurposeOverload {
				b.ReportMetric(float64(t.Upstream.InFlightMax), "upstream-max")
				b.ReportMetric(float64(t.Server.BlockedRead), "threads-in-read")
			}
		}
	}
}
