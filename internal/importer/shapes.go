package importer

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

const (
	maxShapes   = 8    // of one route
	rareShape   = 0.01 // a shape that fewer of a route's requests have is left out
	negligible  = 0.01 // a gap below this share of its sequence's time is added to the longest one
	maxParallel = 8    // parallels inside parallels; a document nests its steps 32 deep at most
)

// A shape is what several requests of a route did alike.
type shape struct {
	signature string
	requests  []sequence
}

// shapes groups sequences, the most frequent shape first, and drops rare ones.
func shapes(all []sequence) (kept []shape, rare int) {
	by := map[string]int{}
	var list []shape
	for _, s := range all {
		sig := signature(s)
		i, ok := by[sig]
		if !ok {
			i = len(list)
			by[sig] = i
			list = append(list, shape{signature: sig})
		}
		list[i].requests = append(list[i].requests, s)
	}
	slices.SortFunc(list, func(a, b shape) int {
		return cmp.Or(cmp.Compare(len(b.requests), len(a.requests)), strings.Compare(a.signature, b.signature))
	})
	for i, s := range list {
		if i > 0 && (i >= maxShapes || float64(len(s.requests)) < rareShape*float64(len(all))) {
			rare += len(s.requests)
			continue
		}
		kept = append(kept, s)
	}
	return kept, rare
}

// A stepper turns sequences into steps.
type stepper struct {
	waits    model.Verb
	upstream func(label int32) string
	op       func(label int32) string
	fit      func([]time.Duration) model.Dist
}

// route returns the steps of shapes: what all of them begin and end with, and
// between a choice of what they do not share.
func (st *stepper) route(list []shape) []model.Step {
	first := list[0].requests[0].tokens
	if len(list) == 1 {
		return st.steps(list[0].requests)
	}
	pre, post := len(first), len(first)
	for _, s := range list[1:] {
		tokens := s.requests[0].tokens
		pre = min(pre, common(first, tokens, false))
		post = min(post, common(first, tokens, true))
	}
	for _, s := range list {
		post = min(post, len(s.requests[0].tokens)-pre)
	}
	var before, after []sequence
	total := 0
	for _, s := range list {
		total += len(s.requests)
	}
	choice := model.Step{Verb: model.Choice, Op: model.Choice.String()}
	left := 1.0
	for i, s := range list {
		var middle []sequence
		for _, q := range s.requests {
			n := len(q.tokens)
			before = append(before, part(q, 0, pre, false, true))
			middle = append(middle, part(q, pre, n-post, true, true))
			after = append(after, part(q, n-post, n, false, false))
		}
		if pre == 0 {
			before = nil
		}
		p := round(float64(len(s.requests))/float64(total), 4)
		if i == len(list)-1 {
			p = round(left, 4)
		}
		left -= p
		choice.Branches = append(choice.Branches, model.Branch{P: p, Steps: st.steps(middle)})
	}
	var steps []model.Step
	if pre > 0 {
		steps = st.steps(before)
	}
	steps = append(steps, choice)
	if post > 0 {
		steps = append(steps, st.steps(after)...)
	}
	return steps
}

// part is a stretch of a sequence between two tokens. A stretch has the gaps at its
// ends unless its neighbour has them: what is before a choice ends with a token,
// and what is after it begins with one.
func part(q sequence, from, to int, whole, atStart bool) sequence {
	p := sequence{tokens: q.tokens[from:to], gaps: slices.Clone(q.gaps[from : to+1])}
	switch {
	case whole:
	case atStart:
		p.gaps[to-from] = 0
	default:
		p.gaps[0] = 0
	}
	return p
}

// common counts the tokens that two sequences have alike at their beginning, or end.
func common(a, b []token, end bool) int {
	n := 0
	for n < min(len(a), len(b)) {
		i, j := n, n
		if end {
			i, j = len(a)-1-n, len(b)-1-n
		}
		if a[i].signature() != b[j].signature() {
			break
		}
		n++
	}
	return n
}

// steps returns the steps of sequences of one shape.
func (st *stepper) steps(all []sequence) (steps []model.Step) {
	tokens := all[0].tokens
	gaps := st.gaps(all)
	for i := 0; ; i++ {
		if gaps[i] != nil {
			steps = append(steps, model.Step{Verb: model.Compute, Op: model.Compute.String(), Time: st.fit(gaps[i])})
		}
		if i == len(tokens) {
			return steps
		}
		if tokens[i].branches == nil {
			steps = append(steps, model.Step{Verb: st.waits, Op: st.op(tokens[i].label), Upstream: st.upstream(tokens[i].label)})
			continue
		}
		parallel := model.Step{Verb: model.Parallel, Op: model.Parallel.String()}
		for b := range tokens[i].branches {
			var branch []sequence
			for _, q := range all {
				branch = append(branch, q.tokens[i].branches[b])
			}
			if inner := st.steps(branch); len(inner) > 0 {
				parallel.Branches = append(parallel.Branches, model.Branch{Steps: inner})
			}
		}
		steps = append(steps, parallel)
	}
}

// gaps returns the own times of sequences by place; nil where there is nothing to
// speak of. What is negligible is added to the longest gap of the same request, so
// that no time is lost and the steps stay few.
func (st *stepper) gaps(all []sequence) [][]time.Duration {
	n := len(all[0].gaps)
	sums := make([]float64, n)
	var total float64
	for _, q := range all {
		for i, g := range q.gaps {
			sums[i] += float64(g)
			total += float64(g)
		}
		for _, t := range q.tokens {
			total += float64(t.took)
		}
	}
	longest := 0
	for i := range sums {
		if sums[i] > sums[longest] {
			longest = i
		}
	}
	out := make([][]time.Duration, n)
	for _, q := range all {
		own := slices.Clone(q.gaps)
		for i := range own {
			if i != longest && sums[i] < negligible*total {
				own[longest] += own[i]
				own[i] = 0
			}
		}
		for i := range own {
			out[i] = append(out[i], own[i])
		}
	}
	for i := range out {
		if slices.Max(out[i]) < time.Microsecond {
			out[i] = nil
		}
	}
	return out
}
