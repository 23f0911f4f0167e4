package probe

import "math"

// A slope is how many times longer a request takes among c, where processors
// are shared: not at all up to some number, and then in proportion.
type slope struct{ onset, rise float64 }

// at returns the multiple of a service time that each of c requests takes.
func (s slope) at(c int) float64 { return 1 + s.rise*max(0, float64(c)-s.onset) }

// slopeOf fits a slope to the waves: for each number up to which there may be
// no effect, the typical rise from there.
func slopeOf(a *assessment) slope {
	best, least := slope{1, 0}, math.Inf(1)
	if !a.rises() {
		return best
	}
	for onset := 1.0; onset <= float64(max(1, a.most/2)); onset = max(onset+1, onset*1.2) {
		var rises []float64
		for i := range a.waves {
			w := &a.waves[i]
			if above := float64(w.count()) - onset; above > 0 && w.slower(a.noise) {
				rises = append(rises, (w.level(a.noise)-1)/above)
			}
		}
		if len(rises) == 0 {
			break
		}
		s, off := slope{onset, median(rises)}, 0.0
		for i := range a.waves {
			w := &a.waves[i]
			if w.count() > 0 {
				off += math.Abs(math.Log(max(w.level(a.noise), 0.1) / s.at(w.count())))
			}
		}
		if off < least-1e-9 {
			best, least = s, off
		}
	}
	return best
}

// rises reports whether requests take longer among most than among fewest. What
// makes all of them longer alike, single ones too, is not their number.
func (a *assessment) rises() bool {
	fewest := math.MaxInt
	for i := range a.waves {
		if w := &a.waves[i]; w.count() > 0 {
			fewest = min(fewest, w.Count)
		}
	}
	level := func(c int) float64 {
		var levels []float64
		for i := range a.waves {
			if w := &a.waves[i]; w.Count == c && w.count() > 0 {
				levels = append(levels, w.level(a.noise))
			}
		}
		return median(levels)
	}
	return level(a.most) > 1.1*level(fewest)
}

// slower reports whether the requests of a wave took longer than chance lets
// them.
func (w *wave) slower(noise noise) bool {
	return w.level(noise) > 1.15+3*noise.spread/math.Sqrt(float64(max(1, w.count())))
}
