package synthetic

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// The same seed asks an upstream on a socket, from goroutines that run as they
// like, for exactly what it asks the recorder's.
func TestTheSeedHeaderDecidesWhatTheUpstreamIsAskedFor(t *testing.T) {
	u := (&standIn{}).start(t)
	s := newService(t, branching(), Options{Upstreams: []string{u.address}})
	get := serve(t, s)
	ask := func(seed string) (targets []string) {
		before := len(u.events())
		if got := get("/", seed); got != done {
			t.Fatalf("seed %q: %v", seed, got)
		}
		for _, e := range u.events()[before:] {
			if target, ok := strings.CutPrefix(e, "in "); ok {
				targets = append(targets, u.address+target)
			}
		}
		slices.Sort(targets)
		return targets
	}
	for range 10 {
		seed := rand.Uint64()
		want := (&recorder{}).request(t, s, seed).asked
		slices.Sort(want)
		if got := ask(formatSeed(seed)); !slices.Equal(got, want) {
			t.Errorf("seed %x asked for\n%q, not\n%q", seed, got, want)
		}
	}
	if first, second := ask(""), ask(""); slices.Equal(first, second) {
		t.Errorf("two requests without a seed drew the same: %q", first)
	}
	if short, long := ask("2A"), ask("000000000000002a"); !slices.Equal(short, long) {
		t.Errorf("the seed 2A asked for\n%q, and in full for\n%q", short, long)
	}
}

func TestASeedThatCannotBeReadIsRefused(t *testing.T) {
	get := serve(t, newService(t, workloadOf(model.Dist{}, "", compute(constant(1))), Options{}))
	for _, seed := range []string{"xyz", "-1", "0x2a", "10000000000000000", "1_0"} {
		got := get("/", seed)
		if got.status != 400 || !strings.Contains(got.body, seed) || !strings.Contains(got.body, "16 hexadecimal digits") {
			t.Errorf("seed %q: %v", seed, got)
		}
	}
}

func TestHoldNeverTakesMoreThanThereIs(t *testing.T) {
	u := (&standIn{gate: make(chan struct{})}).start(t)
	defer u.open()
	w := workloadOf(constant(time.Millisecond), "db", hold("pool", await("db")))
	w.Resources = []model.Resource{{Name: "pool", Size: 3}}
	s := newService(t, w, Options{Upstreams: []string{u.address}})
	const n = 12
	wait := several(t, serve(t, s), n)
	for i := range n { // one leaves, one comes
		held, waiting := min(3, n-i), max(0, n-i-3)
		until(t, "3 in flight and the others waiting", func() bool {
			now, _ := u.inFlight()
			st := s.Resources()[0]
			return now == held && st.InUse == held && st.Waiting == waiting
		})
		u.gate <- struct{}{}
	}
	for _, r := range wait() {
		if r != done {
			t.Error(r)
		}
	}
	if _, peak := u.inFlight(); peak != 3 {
		t.Errorf("at most %d in flight under a resource of 3", peak)
	}
	if st := s.Resources()[0]; st.InUse != 0 || st.Acquired != n {
		t.Errorf("afterwards: %+v", st)
	}
}

func TestAFailedHoldGivesItsSlotBack(t *testing.T) {
	u := (&standIn{status: 500}).start(t)
	w := workloadOf(constant(time.Millisecond), "db", hold("lock", await("db")))
	w.Resources = []model.Resource{{Name: "lock", Size: 1, Monitor: true}}
	s := newService(t, w, Options{Upstreams: []string{u.address}})
	get := serve(t, s)
	for i := range uint64(3) {
		if got := get("/", ""); got.status != 502 {
			t.Error(got)
		}
		if st := s.Resources()[0]; st.InUse != 0 || st.Acquired != i+1 {
			t.Errorf("after %d requests: %+v", i+1, st)
		}
	}
}

func TestBranchesOfParallelRunSideBySideAndAllEndBeforeTheNextStep(t *testing.T) {
	u := (&standIn{gate: make(chan struct{})}).start(t)
	defer u.open()
	w := workloadOf(constant(time.Millisecond), "a b c later after",
		parallel([]model.Step{await("a"), call("later")}, []model.Step{call("b")}, []model.Step{await("c")}), await("after"))
	wait := several(t, serve(t, newService(t, w, Options{Upstreams: []string{u.address}})), 1)
	until(t, "three branches in flight", func() bool { now, _ := u.inFlight(); return now == 3 })
	first := u.events()
	slices.Sort(first)
	if want := []string{"in /a?us=1000", "in /b?us=1000", "in /c?us=1000"}; !slices.Equal(first, want) {
		t.Errorf("at first in flight: %q", first)
	}
	u.open()
	if got := wait()[0]; got != done {
		t.Fatal(got)
	}
	all := u.events()
	if len(all) != 10 || all[8] != "in /after?us=1000" || all[9] != "out /after?us=1000" {
		t.Errorf("the step after parallel did not come last, alone: %q", all)
	}
	if slices.Index(all, "out /a?us=1000") > slices.Index(all, "in /later?us=1000") {
		t.Errorf("the steps of a branch overlap: %q", all)
	}
}

func TestOnlyTheExactPathOfARouteIsServed(t *testing.T) {
	step := []model.Step{compute(constant(1))}
	w := &model.Workload{Name: "shop", Routes: []model.Route{
		{Name: "home", Path: "/", Steps: step},
		{Name: "pay", Path: "/pay/v1", Steps: step},
		{Name: "list", Path: "/list/", Steps: step},
	}}
	get := serve(t, newService(t, w, Options{}))
	for path, want := range map[string]reply{
		"/": {200, "home done\n"}, "/?q=1": {200, "home done\n"},
		"/pay/v1": {200, "pay done\n"}, "/list/": {200, "list done\n"},
	} {
		if got := get(path, ""); got != want {
			t.Errorf("%s: %v, not %v", path, got, want)
		}
	}
	for _, path := range []string{"/nowhere", "/pay", "/pay/v1/", "/pay/v1/x", "/list", "/list/x", "//", "/PAY/v1"} {
		if got := get(path, ""); got.status != 404 {
			t.Errorf("%s: %v, not 404", path, got)
		}
	}
}

func TestResourcesAreReportedInTheOrderOfTheWorkload(t *testing.T) {
	w := workloadOf(model.Dist{}, "", compute(constant(1)))
	names := []string{"z", "a", "m", "b", "y", "c"}
	for i, name := range names {
		w.Resources = append(w.Resources, model.Resource{Name: name, Size: i + 1})
	}
	s := newService(t, w, Options{})
	for i, st := range s.Resources() {
		if want := (engine.ResourceStats{Name: names[i], Size: i + 1}); st != want {
			t.Errorf("resource %d: %+v, not %+v", i, st, want)
		}
	}
	if n := len(s.Resources()); n != len(names) {
		t.Errorf("%d resources of %d", n, len(names))
	}
}
