package thread

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
)

func planted(t *testing.T, text string, p Plant, h http.HandlerFunc) *running {
	t.Helper()
	e, err := NewPlanted(config(t, text), p)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, e, h)
}

func TestPlantedWorkers(t *testing.T) {
	g := newGate(t)
	r := planted(t, "thread:max=8", Plant{Workers: 5}, g.through)
	for range 8 {
		connectTo(t, r.address).send("/")
	}
	await(t, "5 at the upstream, 3 queued", func() bool { return g.now.Load() == 5 && r.Stats().Queued == 3 })
	g.release()
}

func TestPlantedOrder(t *testing.T) {
	for _, newest := range []bool{false, true} {
		g := newGate(t)
		var mu sync.Mutex
		var order []string
		r := planted(t, "thread:max=1", Plant{NewestFirst: newest}, func(w http.ResponseWriter, req *http.Request) {
			mu.Lock()
			order = append(order, req.URL.Path)
			mu.Unlock()
			g.through(w, req)
		})
		clients := []*client{connectTo(t, r.address).send("/0")}
		await(t, "the first is served", func() bool { return g.now.Load() == 1 })
		for i := 1; i <= 3; i++ {
			clients = append(clients, connectTo(t, r.address).send(fmt.Sprint("/", i)))
			await(t, "it is queued", func() bool { return r.Stats().Queued == i })
		}
		g.release()
		for _, c := range clients {
			c.expect(http.StatusOK)
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
	first, second := connectTo(t, r.address), connectTo(t, r.address)
	first.send("/").expect(http.StatusOK)
	second.send("/").expect(http.StatusOK) // with a cap of 1 this one would be held
}
