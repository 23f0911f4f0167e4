package accuracy

import (
	"math"
	"strings"
	"testing"
)

var kinds = []string{"shared-pool", "serial", "private-pool", "rate-limit", "cpu", "none", "unknown"}

// verdict is one of a kind; a size below 0 is not given.
func verdict(kind string, size, low, high float64, confidence string, weight float64) *Verdict {
	v := &Verdict{Schema: "plimsoll.verdict/1", Confidence: confidence, Requests: 100}
	v.Wall.Kind = kind
	if size >= 0 {
		v.Wall.Limit, v.Wall.Low, v.Wall.High = &size, &low, &high
	}
	v.Hypotheses = []Hypothesis{{kind, weight}}
	if weight < 1 {
		v.Hypotheses = append(v.Hypotheses, Hypothesis{"unknown", 1 - weight})
	}
	return v
}

func pool(n int) Truth { return Truth{Kind: "shared-pool", Low: n, High: n} }

func TestWhatIsRight(t *testing.T) {
	void := verdict("shared-pool", 40, 40, 40, High, 1)
	void.Void = true
	limited := verdict("rate-limit", -1, 0, 0, High, 1)
	rate := 21.5
	limited.Wall.Rate = &rate
	for _, c := range []struct {
		why                                string
		truth                              Truth
		verdict                            *Verdict
		right, size, asked, abstain, worst bool
	}{
		{"exact", pool(40), verdict("shared-pool", 40, 40, 40, High, 1), true, true, true, false, false},
		{"one off, up to 64", pool(64), verdict("shared-pool", 65, 65, 65, High, 1), true, false, true, false, true},
		{"one off, but the interval has it", pool(64), verdict("shared-pool", 65, 63, 66, High, 1), true, false, true, false, false},
		{"one off, without being sure", pool(64), verdict("shared-pool", 65, 65, 65, "medium", 0.9), true, false, true, false, false},
		{"2 % above 64", pool(200), verdict("shared-pool", 204, 204, 204, High, 1), true, true, true, false, false},
		{"more than 2 %", pool(200), verdict("shared-pool", 205, 205, 205, High, 1), true, false, true, false, true},
		{"within what the server promises", Truth{Kind: "shared-pool", Low: 20, High: 27}, verdict("shared-pool", 25, 25, 25, High, 1), true, true, true, false, false},
		{"another kind, sure of it", pool(40), verdict("private-pool", 40, 40, 40, High, 1), false, false, false, false, true},
		{"another kind, not sure", pool(40), verdict("private-pool", 40, 40, 40, "low", 0.7), false, false, false, false, false},
		{"true as well", Truth{Kind: "serial", Low: 1, High: 1, Also: []string{"shared-pool"}}, verdict("shared-pool", 1, 1, 1, High, 1), true, true, true, false, false},
		{"true as well, and without a size", Truth{Kind: "serial", Low: 1, High: 1, Also: []string{"cpu"}}, verdict("cpu", -1, 0, 0, High, 1), true, false, false, false, false},
		{"no size where there is one", pool(40), verdict("shared-pool", -1, 0, 0, High, 1), true, false, true, false, true},
		{"unknown", pool(40), verdict("unknown", -1, 0, 0, "none", 1), false, false, false, true, false},
		{"void", pool(40), void, false, false, false, true, false},
		{"no verdict", pool(40), nil, false, false, false, true, false},
		{"nothing there, and nothing found", Truth{Kind: "none"}, verdict("none", -1, 0, 0, High, 1), true, false, false, false, false},
		{"a rate within 10 %", Truth{Kind: "rate-limit", Low: 20, High: 20}, limited, true, true, true, false, false},
		{"a rate beyond", Truth{Kind: "rate-limit", Low: 30, High: 30}, limited, true, false, true, false, true},
	} {
		trial := Trial{Truth: c.truth, Verdict: c.verdict}
		size, asked := trial.SizeRight()
		if trial.Right() != c.right || size != c.size || asked != c.asked || trial.Abstains() != c.abstain || trial.ConfidentlyWrong() != c.worst {
			t.Errorf("%s: right %v, size %v of %v, abstains %v, confidently wrong %v", c.why, trial.Right(), size, asked, trial.Abstains(), trial.ConfidentlyWrong())
		}
	}
}

func TestTheMatrixPutsWhatIsTrueAsWellOnTheDiagonal(t *testing.T) {
	m := MatrixOf([]Trial{
		{Truth: pool(4), Verdict: verdict("shared-pool", 4, 4, 4, High, 1)},
		{Truth: pool(4), Verdict: verdict("private-pool", 4, 4, 4, High, 1)},
		{Truth: Truth{Kind: "serial", Also: []string{"cpu"}}, Verdict: verdict("cpu", -1, 0, 0, High, 1)},
		{Truth: pool(4)},
	}, kinds)
	for cell, want := range map[[2]string]int{
		{"shared-pool", "shared-pool"}: 1, {"shared-pool", "private-pool"}: 1, {"serial", "serial"}: 1,
		{"serial", "cpu"}: 0, {"shared-pool", "failed"}: 1,
	} {
		if m.Counts[cell] != want {
			t.Errorf("%v: %d, not %d", cell, m.Counts[cell], want)
		}
	}
	if got := strings.Join(m.Rows, " "); got != "shared-pool serial" {
		t.Errorf("rows %s", got)
	}
	if got := m.Columns[len(m.Columns)-1]; got != "failed" || len(m.Columns) != len(kinds)+1 {
		t.Errorf("columns %v", m.Columns)
	}
}

func TestBrierScore(t *testing.T) {
	uniform := &Verdict{}
	for _, k := range kinds {
		uniform.Hypotheses = append(uniform.Hypotheses, Hypothesis{k, 1 / float64(len(kinds))})
	}
	split := &Verdict{Hypotheses: []Hypothesis{{"shared-pool", 0.5}, {"serial", 0.3}, {"cpu", 0.2}}}
	for _, c := range []struct {
		why     string
		truth   Truth
		verdict *Verdict
		want    float64
	}{
		{"certain and right", pool(4), verdict("shared-pool", 4, 4, 4, High, 1), 0},
		{"certain and wrong", pool(4), verdict("private-pool", 4, 4, 4, High, 1), 2},
		{"knows nothing", pool(4), uniform, 1 - 1/float64(len(kinds))},
		{"two of three are true", Truth{Kind: "serial", Also: []string{"shared-pool"}}, split, 0.2*0.2 + 0.2*0.2},
	} {
		if got, n := BrierScore([]Trial{{Truth: c.truth, Verdict: c.verdict}}); n != 1 || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v over %d, not %v", c.why, got, n, c.want)
		}
	}
	void := verdict("private-pool", 4, 4, 4, High, 1)
	void.Void = true
	if _, n := BrierScore([]Trial{{Truth: pool(4)}, {Truth: pool(4), Verdict: void}}); n != 0 {
		t.Errorf("%d trials without a verdict were scored", n)
	}
}

func TestOnlyTheVerdictOfAProbeIsRead(t *testing.T) {
	v, err := Decode([]byte(`{"schema":"plimsoll.verdict/1","wall":{"kind":"shared-pool","limit":200,"low":198,"high":202},
		"confidence":"high","hypotheses":[{"kind":"shared-pool","limit":200,"weight":0.97}],"requests":812}`))
	if err != nil || *v.Wall.Limit != 200 || v.Requests != 812 || v.Hypotheses[0].Weight != 0.97 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, text := range []string{"", "{}", `{"schema":"plimsoll.verdict/2","wall":{"kind":"cpu"}}`, `{"schema":"plimsoll.verdict/1","engines":[]}`} {
		if v, err := Decode([]byte(text)); err == nil {
			t.Errorf("%q: %+v", text, v)
		}
	}
}
