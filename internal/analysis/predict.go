package analysis

import (
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Predicted is what a simulation says of an engine that was measured.
type Predicted struct {
	LoadLine  LoadLine      `json:"load_line"`
	Wall      PredictedWall `json:"wall"`
	P50MS     float64       `json:"p50_ms"`
	P99MS     float64       `json:"p99_ms"`
	RSSBytes  int64         `json:"rss_bytes"`
	CPUMicros float64       `json:"cpu_us_per_request"`
	// Error is by how much the predicted line is above the measured one, as a
	// share of that; null where one of them is known from one side only.
	Error *float64 `json:"error"`
}

// A PredictedWall is what stops the simulated line.
type PredictedWall struct {
	Kind  model.WallKind `json:"kind"`
	Name  string         `json:"name"`
	Limit *float64       `json:"limit"`
}

// PredictionOf puts what a simulation concluded of an engine into the form in
// which a record keeps it.
func PredictionOf(name string, v *EngineVerdict) *record.Prediction {
	p := &record.Prediction{Engine: name, Wall: string(v.Wall.Kind), WallName: v.Wall.Name}
	if v.LoadLine.Low != nil {
		p.Low = *v.LoadLine.Low
	}
	if v.LoadLine.High != nil {
		p.High = *v.LoadLine.High
	}
	if v.Wall.Limit != nil {
		p.WallLimit = *v.Wall.Limit
	}
	if a := v.AtLine; a != nil {
		p.CPUus, p.P50us, p.P99us, p.RSS = a.CPUMicros, 1000*a.P50MS, 1000*a.P99MS, a.RSSBytes
	}
	return p
}

// predicted sets a prediction beside the line that was measured.
func predicted(p *record.Prediction, measured LoadLine) *Predicted {
	if p == nil {
		return nil
	}
	out := &Predicted{
		Wall:  PredictedWall{Kind: model.WallKind(p.Wall), Name: p.WallName},
		P50MS: p.P50us / 1000, P99MS: p.P99us / 1000, RSSBytes: p.RSS, CPUMicros: p.CPUus,
	}
	if p.WallLimit > 0 {
		out.Wall.Limit = ptr(p.WallLimit)
	}
	l := &out.LoadLine
	if p.Low > 0 {
		l.Low, l.Rate = ptr(p.Low), ptr(sig(mid(p.Low, p.High), 3))
	}
	if p.High > 0 {
		l.High = ptr(p.High)
	}
	bounded := func(l LoadLine) bool { return l.Low != nil && l.High != nil }
	if bounded(*l) && bounded(measured) {
		out.Error = ptr(sig(mid(p.Low, p.High)/mid(*measured.Low, *measured.High)-1, 3))
	}
	return out
}
