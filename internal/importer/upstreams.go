package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

const (
	maxOperations = 50  // of one peer; more are statements with data in them, not operations
	alike         = 1.5 // operations of one peer whose means differ by less are one upstream
	fewSpans      = 5   // say nothing about a mean
)

// dropData takes the operation from waits of peers that have too many of them.
func (t *Traces) dropData() {
	ops := map[string]map[int32]bool{}
	for _, nodes := range t.byID {
		for _, n := range nodes {
			if n.kind.Waits() {
				peer, _, _ := strings.Cut(t.texts[n.label], "\x00")
				if ops[peer] == nil {
					ops[peer] = map[int32]bool{}
				}
				ops[peer][n.label] = true
			}
		}
	}
	instead := map[int32]int32{}
	for _, peer := range slices.Sorted(maps.Keys(ops)) {
		if len(ops[peer]) > maxOperations {
			for label := range ops[peer] {
				instead[label] = t.intern(peer + "\x00")
			}
		}
	}
	for _, nodes := range t.byID {
		for i := range nodes {
			if label, ok := instead[nodes[i].label]; ok && nodes[i].kind.Waits() {
				nodes[i].label = label
			}
		}
	}
}

// Upstreams are what the waits of requests become.
type upstreams struct {
	list  []model.Upstream
	names map[int32]string // by label
	ops   map[int32]string
	notes map[string]string
}

// collectWaits adds up the durations of waits by label.
func collectWaits(s sequence, into map[int32][]time.Duration) {
	for _, t := range s.tokens {
		if t.branches == nil {
			into[t.label] = append(into[t.label], t.took)
		}
		for _, b := range t.branches {
			collectWaits(b, into)
		}
	}
}

// newUpstreams makes an upstream of each peer, or of each of its operations if
// one takes much longer than the others: a peer's reads and writes have one latency
// only if they are alike.
func newUpstreams(texts []string, took map[int32][]time.Duration, fit func([]time.Duration) model.Dist) *upstreams {
	u := &upstreams{names: map[int32]string{}, ops: map[int32]string{}, notes: map[string]string{}}
	peers := map[string][]int32{}
	for label := range took {
		peer, _, _ := strings.Cut(texts[label], "\x00")
		peers[peer] = append(peers[peer], label)
	}
	taken := names{}
	for _, peer := range slices.Sorted(maps.Keys(peers)) {
		labels := peers[peer]
		slices.SortFunc(labels, func(a, b int32) int { return strings.Compare(texts[a], texts[b]) })
		groups := [][]int32{labels}
		if !similar(labels, took) {
			groups = nil
			for _, l := range labels {
				groups = append(groups, []int32{l})
			}
		}
		for _, group := range groups {
			u.add(texts, peer, group, len(groups) > 1, took, taken, fit)
		}
	}
	return u
}

func (u *upstreams) add(texts []string, peer string, labels []int32, one bool, took map[int32][]time.Duration, taken names, fit func([]time.Duration) model.Dist) {
	var all []time.Duration
	for _, l := range labels {
		all = append(all, took[l]...)
	}
	text, note := peer, peer
	if _, op, _ := strings.Cut(texts[labels[0]], "\x00"); one && op != "" {
		text, note = peer+"."+op, fmt.Sprintf("%s, %q", peer, op)
	}
	name := taken.take(text, "upstream")
	u.list = append(u.list, model.Upstream{Name: name, Latency: fit(all)})
	u.notes["upstreams."+name] = note + ": " + seen(all, "client span")
	for _, l := range labels {
		u.names[l] = name
		_, op, _ := strings.Cut(texts[l], "\x00")
		if u.ops[l] = plain(op); u.ops[l] == "" || one {
			u.ops[l] = name
		}
	}
}

func similar(labels []int32, took map[int32][]time.Duration) bool {
	least, most := 0.0, 0.0
	for _, l := range labels {
		if len(took[l]) < fewSpans {
			continue
		}
		m := max(1, float64(mean(took[l])))
		if least == 0 || m < least {
			least = m
		}
		most = max(most, m)
	}
	return most <= alike*least
}

// seen describes durations.
func seen(all []time.Duration, what string) string {
	s := slices.Clone(all)
	slices.Sort(s)
	return fmt.Sprintf("%s, mean %s, p50 %s, p99 %s", number(len(s), what), digits(mean(s)), digits(percentile(s, 0.5)), digits(percentile(s, 0.99)))
}

// number writes how many of something there are.
func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
