package analysis

import (
	"math"
	"testing"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

func TestAPredictionIsSetBesideWhatWasMeasured(t *testing.T) {
	line := func(low, high float64) (l LoadLine) {
		if low > 0 {
			l.Low = &low
		}
		if high > 0 {
			l.High = &high
		}
		return l
	}
	for _, c := range []struct {
		name      string
		p         record.Prediction
		measured  LoadLine
		off       float64
		comparing bool
	}{
		{"above", record.Prediction{Low: 1080, High: 1120}, line(990, 1010), 0.1, true},
		{"below", record.Prediction{Low: 890, High: 910}, line(990, 1010), -0.1, true},
		{"measured from one side: nothing is known of the error", record.Prediction{Low: 890, High: 910}, line(500, 0), 0, false},
		{"predicted from one side", record.Prediction{Low: 890}, line(990, 1010), 0, false},
		{"nothing passed in the simulation", record.Prediction{High: 10}, line(990, 1010), 0, false},
	} {
		c.p.Wall, c.p.WallLimit = string(model.WallThreadPool), 200
		got := predicted(&c.p, c.measured)
		if (got.Error != nil) != c.comparing || c.comparing && math.Abs(*got.Error-c.off) > 0.003 {
			t.Errorf("%s: error %v", c.name, got.Error)
		}
		if got.Wall.Kind != model.WallThreadPool || *got.Wall.Limit != 200 {
			t.Errorf("%s: wall %+v", c.name, got.Wall)
		}
	}
	if predicted(nil, line(1, 2)) != nil {
		t.Error("a prediction of nothing")
	}
}

// What a record keeps of a simulated verdict is what is read from it again.
func TestPredictionsSurviveTheRecord(t *testing.T) {
	low, high, limit := 100.0, 110.0, 50.0
	v := &EngineVerdict{LoadLine: LoadLine{Low: &low, High: &high}, Wall: Wall{Kind: model.WallResource, Name: "pool", Limit: &limit},
		AtLine: &AtLine{CPUMicros: 190, P50MS: 20, P99MS: 95.5, RSSBytes: 1 << 20}}
	p := PredictionOf("loop", v)
	got := predicted(p, v.LoadLine)
	if p.Engine != "loop" || *got.LoadLine.Low != low || *got.LoadLine.High != high || *got.Error != 0 ||
		got.Wall.Kind != model.WallResource || got.Wall.Name != "pool" || *got.Wall.Limit != limit ||
		got.CPUMicros != 190 || got.P50MS != 20 || got.P99MS != 95.5 || got.RSSBytes != 1<<20 {
		t.Errorf("%+v from %+v", got, p)
	}
}
