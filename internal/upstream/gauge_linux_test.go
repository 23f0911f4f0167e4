package upstream

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// crowd is how many connections a test opens on both ends in this process.
func crowd(t testing.TB) int {
	n := 9000
	if raceEnabled {
		n = 1000
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if most := (int(limit.Cur) - 100) / 2; most < n {
		t.Logf("%d connections instead of %d: the limit is %d descriptors", most, n, limit.Cur)
		n = most
	}
	return n
}

func TestTheGaugeReadsExactlyWhatIsOpen(t *testing.T) {
	s := serve(t, Options{})
	n := crowd(t)
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = s.dial(t)
	}
	s.await(t, "all accepted, none in flight", func(st Stats) bool { return st.Connections == n && st.InFlight == 0 })
	for i, c := range clients {
		c.send(get([]string{"/payment?us=", "/db?us="}[i%2] + hour))
	}
	s.await(t, "all in flight", func(st Stats) bool {
		return st.InFlight == n && st.MaxInFlight == n && st.Requests == uint64(n) &&
			st.ByName["payment"].InFlight == (n+1)/2 && st.ByName["db"].InFlight == n/2
	})

	// While nothing changes, the mean over any time is the number itself.
	a, b := s.Stats(), s.Stats()
	for b.ClockNs-a.ClockNs < 1e6 {
		b = s.Stats()
	}
	mean := (b.InFlightSeconds - a.InFlightSeconds) / (float64(b.ClockNs-a.ClockNs) / 1e9)
	if math.Abs(mean-float64(n)) > 1e-3*float64(n) {
		t.Errorf("mean in flight %v, want %d", mean, n)
	}

	// Whoever goes away while waiting is counted out.
	for _, c := range clients[:n/3] {
		c.Close()
	}
	s.await(t, "a third gone", func(st Stats) bool {
		return st.InFlight == n-n/3 && st.Connections == n-n/3 && st.Abandoned == uint64(n/3) && st.MaxInFlight == n
	})
	s.ResetPeaks()
	if st := s.Stats(); st.MaxInFlight != n-n/3 || st.ByName["db"].MaxInFlight != st.ByName["db"].InFlight {
		t.Errorf("peaks after ResetPeaks: %+v", st)
	}
	for _, c := range clients[n/3:] {
		c.Close()
	}
	s.await(t, "all gone", func(st Stats) bool {
		return st.InFlight == 0 && st.Connections == 0 && st.Abandoned == uint64(n) &&
			st.ByName["db"].Abandoned+st.ByName["payment"].Abandoned == uint64(n)
	})
}

func TestACrowdIsAnsweredOnKeptConnections(t *testing.T) {
	s := serve(t, Options{})
	n := crowd(t)
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = s.dial(t)
	}
	const rounds = 2
	for range rounds {
		for _, c := range clients {
			c.send(get("/db?us=50000"))
		}
		for _, c := range clients {
			c.answer(200)
		}
	}
	s.await(t, "all answered", func(st Stats) bool {
		return st.Requests == uint64(rounds*n) && st.InFlight == 0 && st.Abandoned == 0 && st.Connections == n
	})
}

func TestCapacityIsAWallWithAQueue(t *testing.T) {
	s := serve(t, Options{Capacity: map[string]int{"db": 2}})
	state := func(inFlight, queued int) {
		t.Helper()
		s.await(t, "in flight and queued", func(st Stats) bool {
			return st.ByName["db"].InFlight == inFlight && st.ByName["db"].Queued == queued
		})
	}
	us := []string{hour, hour, "0", hour, hour, "500", "0"}
	c := make([]*client, len(us))
	for i := range us {
		c[i] = s.dial(t)
		c[i].send(get("/db?us=" + us[i]))
		state(i+1, max(0, i-1)) // received, in this order
	}
	other := s.dial(t)
	other.send(get("/payment?us=0"))
	other.answer(200) // another name does not wait

	c[4].Close() // out of the queue's middle
	state(6, 4-0)
	c[0].Close() // its place goes to 2, which takes no time, and from there to 3, which stays
	c[2].answer(200)
	state(4, 2)
	c[1].Close() // its place goes to 5, then 6
	c[5].answer(200)
	c[6].answer(200)
	state(1, 0) // 3
	if st := s.Stats(); st.ByName["db"].Abandoned != 3 || st.ByName["db"].MaxInFlight != 7 {
		t.Errorf("%+v", st)
	}
	// The places that were given up are free again.
	c[5].send(get("/db?us=0"))
	c[5].answer(200)
	c[3].Close()
	state(0, 0)
	for _, i := range []int{5, 6} {
		c[i].send(get("/db?us=" + hour))
	}
	state(2, 0)
	other.send(get("/db?us=0"))
	state(3, 1)
}

func TestStatsHaveStableNamesInJSON(t *testing.T) {
	b, err := json.Marshal(Stats{ByName: map[string]NameStats{"db": {}}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"clock_ns":0,"in_flight":0,"max_in_flight":0,"in_flight_seconds":0,"requests":0,"abandoned":0,"bad_requests":0,` +
		`"by_name":{"db":{"in_flight":0,"max_in_flight":0,"in_flight_seconds":0,"requests":0,"abandoned":0,"queued":0}},` +
		`"lateness_p50_us":0,"lateness_p99_us":0,"lateness_max_us":0,"connections":0,"accept_pauses":0}`
	if got := string(b); got != want {
		t.Errorf("%s\nwant\n%s", got, strings.ReplaceAll(want, "`", ""))
	}
}
