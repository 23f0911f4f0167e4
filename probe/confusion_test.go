package probe

import (
	"bytes"
	"fmt"
	"math"
	"text/tabwriter"
)

// A judged service is one whose wall is known and has been named.
type judged struct {
	wild
	v *Verdict
}

// said is the verdict in a line.
func (j *judged) said() string {
	size := ""
	if w := &j.v.Wall; w.Limit != nil {
		size = fmt.Sprintf(" %d (%d … %d)", *w.Limit, *w.Low, *w.High)
	}
	text := fmt.Sprintf("%s%s, confidence %s:", j.v.Wall.Kind, size, j.v.Confidence)
	for _, x := range j.v.Hypotheses {
		text += fmt.Sprintf(" %s %.3f", x.Kind, x.Weight)
	}
	return text
}

// right reports whether the kind is one that the service has.
func (j *judged) right() bool { return j.is(j.v.Wall.Kind) }

// off is by how much the size is wrong, as a share of the nearest true one; 0
// where the interval has it, or there is none.
func (j *judged) off() float64 {
	least := math.Inf(1)
	for _, t := range j.truths {
		switch n := j.v.Wall.Limit; {
		case t.kind != j.v.Wall.Kind:
		case t.low == 0 || n == nil:
			return 0
		case *n < t.low:
			least = min(least, float64(t.low-*n)/float64(t.low))
		case *n > t.high:
			least = min(least, float64(*n-t.high)/float64(t.high))
		default:
			return 0
		}
	}
	return least
}

// wrong reports whether the verdict is of a wall that the service does not have,
// or of a size that is beyond the tolerance and whose interval leaves the truth out.
func (j *judged) wrong() bool {
	if j.v.Wall.Kind == Unknown {
		return false
	}
	return !j.right() || j.off() > 0.05 && !j.covers() && j.missed() > 1
}

// missed is by how many places the size is wrong.
func (j *judged) missed() (least int) {
	least = math.MaxInt
	for _, t := range j.truths {
		if n := j.v.Wall.Limit; t.kind == j.v.Wall.Kind && n != nil && t.low > 0 {
			least = min(least, max(t.low-*n, *n-t.high, 0))
		}
	}
	return least
}

func (j *judged) covers() bool {
	for _, t := range j.truths {
		if w := &j.v.Wall; t.kind == w.Kind && w.Low != nil && *w.Low <= t.high && *w.High >= t.low {
			return true
		}
	}
	return false
}

// brier is the Brier score of one verdict: Σ (weight − truth)² over the kinds,
// where what is true of a service counts as one.
func (j *judged) brier() (sum float64) {
	right := 0.0
	for _, x := range j.v.Hypotheses {
		if j.is(x.Kind) {
			right += x.Weight
		} else {
			sum += x.Weight * x.Weight
		}
	}
	return sum + (1-right)*(1-right)
}

// confusion is what became of the services of each family.
func confusion(all []judged) string {
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	columns := []Kind{None, SharedPool, Serial, PrivatePool, ConnectionCap, Shedding, RateLimit, CPU, Unknown}
	fmt.Fprint(t, "built\t")
	for _, k := range columns {
		fmt.Fprintf(t, "%s\t", k)
	}
	fmt.Fprintln(t, "right\twrong\twrong, high")
	for _, f := range kin {
		cells, right, wrong, high := map[Kind]int{}, 0, 0, 0
		for i := range all {
			if j := &all[i]; j.name == f.name {
				cells[j.v.Wall.Kind]++
				switch {
				case j.v.Wall.Kind == Unknown:
				case !j.wrong():
					right++
				default:
					wrong++
					if j.v.Confidence == "high" {
						high++
					}
				}
			}
		}
		fmt.Fprintf(t, "%s\t", f.name)
		for _, k := range columns {
			fmt.Fprintf(t, "%d\t", cells[k])
		}
		fmt.Fprintf(t, "%d\t%d\t%d\n", right, wrong, high)
	}
	t.Flush()
	for _, level := range []string{"high", "medium", "low", "none"} {
		n, wrong, weight := 0, 0, 0.0
		for i := range all {
			if j := &all[i]; j.v.Confidence == level {
				n++
				weight += j.v.Hypotheses[0].Weight
				if j.wrong() {
					wrong++
				}
			}
		}
		fmt.Fprintf(&b, "%s: %d, of them %d wrong, mean weight %.3f\n", level, n, wrong, weight/float64(max(n, 1)))
	}
	sum := 0.0
	for i := range all {
		sum += all[i].brier()
	}
	fmt.Fprintf(&b, "Brier score %.3f of %d\n", sum/float64(len(all)), len(all))
	return b.String()
}
