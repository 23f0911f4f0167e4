package accuracy

import "slices"

// A Matrix counts which kind was given for which. What is true of a wall as well
// counts as its own kind.
type Matrix struct {
	Rows    []string // kinds of the truth
	Columns []string // kinds that were given
	Counts  map[[2]string]int
}

// MatrixOf counts. Its rows are those of the kinds that occur, in their order;
// its columns are all of them, and "failed" if that occurs.
func MatrixOf(trials []Trial, kinds []string) Matrix {
	m := Matrix{Columns: slices.Clone(kinds), Counts: map[[2]string]int{}}
	for i := range trials {
		t := &trials[i]
		given := t.Given()
		if t.Right() {
			given = t.Truth.Kind
		}
		if !slices.Contains(m.Columns, given) {
			m.Columns = append(m.Columns, given)
		}
		m.Counts[[2]string{t.Truth.Kind, given}]++
	}
	for _, kind := range kinds {
		if slices.ContainsFunc(trials, func(t Trial) bool { return t.Truth.Kind == kind }) {
			m.Rows = append(m.Rows, kind)
		}
	}
	return m
}

// BrierScore is the mean over the trials with weights of Σ (weight − truth)²
// over the kinds, where truth is 1 for the true kind and 0 for the others: 0 is
// perfect, 2 is certain of something wrong, and equal weights for K kinds score
// 1 − 1/K. What is true of a wall as well counts as its own kind. n is how many
// trials had weights.
//
// Source: G. W. Brier, Verification of forecasts expressed in terms of
// probability, Monthly Weather Review 78 (1950).
func BrierScore(trials []Trial) (score float64, n int) {
	for i := range trials {
		t := &trials[i]
		if t.Verdict == nil || t.Verdict.Void || len(t.Verdict.Hypotheses) == 0 {
			continue
		}
		n++
		right := 0.0
		for _, h := range t.Verdict.Hypotheses {
			if t.Truth.is(h.Kind) {
				right += h.Weight
			} else {
				score += h.Weight * h.Weight
			}
		}
		score += (1 - right) * (1 - right)
	}
	if n == 0 {
		return 0, 0
	}
	return score / float64(n), n
}

// A Level is what came of the verdicts with one confidence.
type Level struct {
	Confidence string
	Given      int     // verdicts that name a wall
	Right      int     // those of the right kind
	Sizes      int     // those of the right kind whose wall has a size
	SizesRight int     // those with the right one
	Weight     float64 // mean weight of the kind that was named
}

// ByConfidence sorts the verdicts that name a wall by how sure they were, in the
// order in which the confidences are given.
func ByConfidence(trials []Trial, confidences ...string) []Level {
	levels := make([]Level, len(confidences))
	for i, confidence := range confidences {
		l := &levels[i]
		l.Confidence = confidence
		for k := range trials {
			t := &trials[k]
			if t.Abstains() || t.Verdict.Confidence != confidence {
				continue
			}
			l.Given++
			if t.Right() {
				l.Right++
			}
			if right, asked := t.SizeRight(); asked {
				l.Sizes++
				if right {
					l.SizesRight++
				}
			}
			w, _ := t.weight()
			l.Weight += w
		}
		if l.Given > 0 {
			l.Weight /= float64(l.Given)
		}
	}
	return levels
}
