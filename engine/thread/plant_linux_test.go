package thread

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

func planted(t *testing.T, text string, p Plant, h http.HandlerFunc) *running {
	t.Helper()
	e, err := NewPlanted(rig.Config(t, text), p)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, e, h)
}

func TestPlantedWorkers(t *testing.T) {
	g := rig.NewGate(t)
	r := planted(t, "thread:max=8", Plant{Workers: 5}, g.Await)
	for range 8 {
		r.Get("/")
	}
	rig.Eventually(t, "5 at the upstream, 3 queued", func() bool { return g.Now() == 5 && r.Stats().Queued == 3 })
	g.Open()
}

func TestPlantedOrder(t *testing.T) {
	for _, newest := range []bool{false, true} {
		g := rig.NewGate(t)
		var mu sync.Mutex
		var order []string
		r := planted(t, "thread:max=1", Plant{NewestFirst: newest}, func(w http.ResponseWriter, req *http.Request) {
			mu.Lock()
			order = append(order, req.URL.Path)
			mu.Unlock()
			g.Await(w, req)
		})
		clients := []*rig.Conn{r.Get("/0")}
		g.Holds(t, 1)
		for i := 1; i <= 3; i++ {
			clients = append(clients, r.Get(fmt.Sprint("/", i)))
			rig.Eventually(t, "it is queued", func() bool { return r.Stats().Queued == i })
		}
		g.Open()
		for _, c := range clients {
			c.Expect(http.StatusOK)
		}
		want := []string{"/0", "/1", "/2", "/3"}
		if newest {
			slices.Reverse(want[1:])
		}
		mu.Lock()
		if !slices.Equal(order, want) {
			t.Errorf("newest first %v: served %v", newest, order)
		}
		mu.Unlock()
	}
}

func TestPlantedConnections(t *testing.T) {
	r := planted(t, "thread:max=2,connections=1", Plant{Connections: 1}, func(http.ResponseWriter, *http.Request) {})
	first, second := r.Dial(), r.Dial()
	first.Send("/").Expect(http.StatusOK)
	second.Send("/").Expect(http.StatusOK) // with a cap of 1 this one would be held
}
