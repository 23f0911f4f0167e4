package synthetic

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

func TestEveryVerbReachesItsTaskInTheOrderOfTheWorkload(t *testing.T) {
	w := workloadOf(constant(1500*time.Microsecond), "db api",
		model.Step{Verb: model.Call, Op: "login", Upstream: "db"},
		hold("pool", compute(constant(time.Millisecond)), hold("lock", model.Step{Verb: model.Await, Op: "pay", Upstream: "api"})),
		parallel([]model.Step{await("db"), call("api")}, []model.Step{choice(model.Branch{P: 1, Steps: []model.Step{await("api")}})}),
		model.Step{Verb: model.Block, Op: "native", Time: constant(time.Microsecond)},
	)
	w.Upstreams[1].Latency = constant(2 * time.Second)
	w.Resources = []model.Resource{{Name: "pool", Size: 3}, {Name: "lock", Size: 1, Monitor: true}}
	r := (&recorder{}).request(t, newService(t, w, Options{Upstreams: []string{"10.0.0.1:80"}}), 1)
	want := `call login
hold pool/3
	compute compute
	monitor lock/1
		await pay
all parallel
	await db
	call api
	await api
block native`
	if got := strings.Join(r.lines, "\n"); got != want {
		t.Errorf("ran\n%s\nnot\n%s", got, want)
	}
	db, api := "10.0.0.1:80/db?us=1500", "10.0.0.1:80/api?us=2000000"
	if want := []string{db, api, db, api, api}; !slices.Equal(r.asked, want) {
		t.Errorf("asked %q, not %q", r.asked, want)
	}
}

func TestAStepOfAnUnknownVerbIsAnError(t *testing.T) {
	s := newService(t, workloadOf(model.Dist{}, ""), Options{})
	r := run{service: s}
	err := r.steps(&recorder{}, []model.Step{{Verb: 99, Op: "dream"}})
	if err == nil || !strings.Contains(err.Error(), `"dream"`) || !strings.Contains(err.Error(), "verb(99)") {
		t.Errorf("got %v", err)
	}
}
