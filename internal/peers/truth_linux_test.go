package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestTruth starts every peer and checks that its wall is the one it claims.
// PLIMSOLL_PEERS=. runs it (any regular expression for names), PLIMSOLL_SEED
// draws other sizes; it takes a quarter of an hour and needs what scripts/setup-peers
// installs.
func TestTruth(t *testing.T) {
	if os.Getenv("PLIMSOLL_PEERS") == "" {
		t.Skip("set PLIMSOLL_PEERS=. to start more than a hundred real servers")
	}
	names, err := regexp.Compile(os.Getenv("PLIMSOLL_PEERS"))
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(1)
	if s := os.Getenv("PLIMSOLL_SEED"); s != "" {
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range Fleet(seed) {
		if !names.MatchString(p.Name) {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			r, err := p.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			dir, port := r.dir, r.places["PORT"]
			defer func() {
				if err := r.Stop(); err != nil {
					t.Error(err)
				}
				if _, err := os.Stat(dir); !os.IsNotExist(err) {
					t.Errorf("%s is still there", dir)
				}
				if accepts(port) {
					t.Error("something still listens")
				}
			}()
			start := time.Now()
			switch p.Wall.Kind {
			case SharedPool, Serial, PrivatePool:
				if r.Waits() {
					pool(t, r)
				} else {
					computing(t, r)
				}
			case ConnectionCap:
				connectionCap(t, r)
			case Shedding:
				shedding(t, r)
			case RateLimit:
				rateLimit(t, r)
			case CPU:
				cpu(t, r)
			case None:
				none(t, r)
			}
			t.Logf("%s %s, %.0f s", p.Wall.Kind, p.Wall.Size(), time.Since(start).Seconds())
		})
	}
}

// patient is the heavy route with a service time that suits a wave of c: the
// last is launched c ms after the first, and what waits for a second turn still
// takes more than 1.5 service times.
func patient(r *Running, c int) (path string, service time.Duration) {
	ms := 400 + 3*c
	return strings.ReplaceAll(r.Heavy, "{ms}", strconv.Itoa(ms)), time.Duration(ms) * time.Millisecond
}

// pool: of c > N exactly N come back in the first service time, and the canary
// waits behind N of them (shared) or behind none (private).
func pool(t *testing.T, r *Running) {
	w := r.Wall
	c := w.High + 3 + w.High/4
	if w.Uneven {
		c = 4 * w.High // enough for each process to have more than it serves
	}
	path, service := patient(r, c)
	// Pools that grow need some waves first, and one disturbed wave says nothing.
	var counts []int
	for row := 0; row < 2; {
		all := launch(r.Base, path, c).wait()
		if n := count(all, answer.ok); n != c {
			t.Fatalf("%d of %d answered: %+v", n, c, failed(all))
		}
		n := onTime(all, service)
		counts = append(counts, n)
		if n > w.High {
			t.Fatalf("on time of %d: %v, more than %s", c, counts, w.Size())
		}
		row++
		if n < w.Low {
			row = 0
		}
		if len(counts) > 16 {
			t.Fatalf("on time of %d: %v, not %s", c, counts, w.Size())
		}
	}
	t.Logf("on time of %d: %v", c, counts)
	if w.Kind == PrivatePool {
		if late := whileHeld(t, r, path, c); late > service/4 {
			t.Errorf("the canary took %v while %d were held, and is not behind them", late, c)
		}
		return
	}
	held := w.High
	if w.Uneven {
		held = c
	}
	eventually(t, func() error {
		if late := whileHeld(t, r, path, held); late < service/3 {
			return fmt.Errorf("the canary took %v while %d were held, and is behind them", late, held)
		}
		return nil
	})
	if fewer := w.Low - 1; fewer > 0 && !w.Uneven {
		eventually(t, func() error {
			if late := whileHeld(t, r, path, fewer); late > service/3 {
				return fmt.Errorf("the canary took %v while only %d were held", late, fewer)
			}
			return nil
		})
	}
}

// whileHeld is the canary's latency on a fresh connection while c requests are
// held, and waits for their end.
func whileHeld(t *testing.T, r *Running, path string, c int) time.Duration {
	t.Helper()
	quiet(t, r)
	w := launch(r.Base, path, c)
	<-w.launched
	a := ask(r.Base, r.Canary, patience)
	if !a.ok() {
		t.Fatalf("canary: %+v", a)
	}
	w.wait()
	return a.after
}

// connectionCap: N connections that are kept and idle keep a new one out, one
// fewer do not; one that is idle takes the place of one that is served.
func connectionCap(t *testing.T, r *Running) {
	n := r.Wall.High
	for _, held := range []int{n - 1, n} {
		eventually(t, func() error {
			closeAll := idle(t, r, held)
			defer closeAll()
			if a := ask(r.Base, r.Canary, time.Second); a.ok() != (held < n) {
				return fmt.Errorf("with %d idle connections of %d a new one got %+v", held, n, a)
			}
			return nil
		})
		quiet(t, r)
	}
	eventually(t, func() error {
		quiet(t, r)
		closeKept := idle(t, r, 1)
		defer closeKept()
		path, service := patient(r, n+5)
		w := launch(r.Base, path, n+5)
		<-w.launched
		if got := onTime(w.wait(), service); got != n-1 {
			return fmt.Errorf("%d of %d on time beside a kept connection, not %d", got, n+5, n-1)
		}
		return nil
	})
}

// eventually tries again what may be disturbed, and what has to grow first:
// prefork by one, two, four a second.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	var err error
	for range 8 {
		if err = try(); err == nil {
			return
		}
	}
	t.Error(err)
}

// shedding: exactly N are served, and the others are told so at once.
func shedding(t *testing.T, r *Running) {
	n := r.Wall.High
	c := n + 3 + n/2
	path, service := patient(r, c)
	eventually(t, func() error {
		quiet(t, r)
		all := launch(r.Base, path, c).wait()
		refused := count(all, func(a answer) bool { return !a.ok() && a.after < service/2 }) // some servers just hang up
		if served := onTime(all, service); served != n || refused != c-n {
			return fmt.Errorf("of %d %d served and %d refused at once, not %d and %d: %+v", c, served, refused, n, c-n, failed(all))
		}
		return nil
	})
}

// rateLimit: what gets through in a second does not depend on how long each takes.
func rateLimit(t *testing.T, r *Running) {
	const seconds, settled = 4, 2 // the burst is over by then
	want := r.Wall.High * (seconds - settled)
	for _, ms := range []int{1, 300} {
		path := strings.ReplaceAll(r.Heavy, "{ms}", strconv.Itoa(ms))
		start := time.Now()
		done := make(chan time.Duration)
		tick := time.NewTicker(time.Second / time.Duration(3*r.Wall.High))
		c := 3 * r.Wall.High * seconds
		go func() {
			defer tick.Stop()
			for range c {
				<-tick.C
				go func() {
					at := time.Duration(-1)
					if a := ask(r.Base, path, patience); a.ok() {
						at = time.Since(start)
					}
					done <- at
				}()
			}
		}()
		got := 0
		for range c {
			if at := <-done; at > settled*time.Second && at <= seconds*time.Second {
				got++
			}
		}
		if got < want*80/100 || got > want*120/100 {
			t.Errorf("%d ms each: %d got through in %d s, not %d", ms, got, seconds-settled, want)
		}
	}
}

// cpu: more at a time do not make it faster, and the CPU is what they want.
func cpu(t *testing.T, r *Running) {
	warm(t, r)
	c := 8 * runtime.NumCPU()
	eventually(t, func() error {
		few, runnable := saturate(t, r, c)
		many, _ := saturate(t, r, 2*c)
		if many > few*1.5 || many < few/1.5 || runnable < 0.9 {
			return fmt.Errorf("%.1f/s at %d, %.1f/s at %d, %.2f threads runnable", few, c, many, 2*c, runnable)
		}
		return nil
	})
}

// computing: a pool of threads that compute is full when as many are runnable;
// the canary overtakes the heavy requests or it does not.
func computing(t *testing.T, r *Running) {
	warm(t, r)
	const c = 16
	_, runnable := saturate(t, r, c)
	if n := float64(r.Wall.High); runnable < 0.7*n || runnable > 1.4*n {
		t.Errorf("%.2f threads runnable, not %s", runnable, r.Wall.Size())
	}
	quiet(t, r)
	w := launch(r.Base, r.Heavy, c)
	<-w.launched
	canary := ask(r.Base, r.Canary, patience)
	end := time.Now()
	first := count(w.wait(), func(a answer) bool { return a.at.Before(end) })
	t.Logf("%.2f threads runnable; the canary came after %d of %d", runnable, first, c)
	// Some end while the rest are being launched.
	if behind := first > c/2; !canary.ok() || behind != (r.Wall.Kind != PrivatePool) {
		t.Errorf("the canary came after %d of %d: %+v", first, c, canary)
	}
}

// warm asks until a JIT has seen it.
func warm(t *testing.T, r *Running) {
	t.Helper()
	for range 20 {
		if a := ask(r.Base, strings.ReplaceAll(r.Heavy, "{ms}", "1"), patience); !a.ok() {
			t.Fatalf("heavy: %+v", a)
		}
	}
}

// saturate keeps c requests going: how many are answered a second, and how many
// of the peer's threads have a CPU or wait for one. Others use the machine too,
// so the CPU time itself says little.
func saturate(t *testing.T, r *Running, c int) (rate, runnable float64) {
	t.Helper()
	const n = 100
	path := strings.ReplaceAll(r.Heavy, "{ms}", "100")
	tickets := make(chan struct{}, n)
	for range n {
		tickets <- struct{}{}
	}
	close(tickets)
	done := make(chan struct{})
	before, start := wanted(t, r), time.Now()
	for range c {
		go func() {
			for range tickets {
				if a := ask(r.Base, path, patience); !a.ok() {
					t.Errorf("%+v", a)
				}
			}
			done <- struct{}{}
		}()
	}
	for range c {
		<-done
	}
	took := time.Since(start)
	return n / took.Seconds(), float64(wanted(t, r)-before) / float64(took)
}

// wanted is how long the peer's threads have been on a CPU or runnable: the
// first two fields of schedstat (the kernel's Documentation/scheduler/sched-stats).
func wanted(t *testing.T, r *Running) (sum time.Duration) {
	t.Helper()
	var leaders []int
	for _, p := range r.processes {
		leaders = append(leaders, p.pid)
	}
	family, err := descendants(leaders)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range family {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", m.pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range threads {
			text, err := os.ReadFile(name)
			if err != nil {
				continue // it has ended meanwhile
			}
			var on, runnable time.Duration
			if _, err := fmt.Sscan(string(text), (*int64)(&on), (*int64)(&runnable)); err != nil {
				t.Fatal(err)
			}
			sum += on + runnable
		}
	}
	return sum
}

// none: as many as a prober would try, and nobody waits.
func none(t *testing.T, r *Running) {
	const c = 400
	path, service := patient(r, c)
	eventually(t, func() error {
		w := launch(r.Base, path, c)
		<-w.launched
		canary := ask(r.Base, r.Canary, patience)
		all := w.wait()
		if n := onTime(all, service); n != c || !canary.ok() || canary.after > service/3 {
			return fmt.Errorf("%d of %d on time: %+v; canary: %+v", n, c, failed(all), canary)
		}
		return nil
	})
}

// failed are the first answers that are none.
func failed(all []answer) (some []answer) {
	for _, a := range all {
		if !a.ok() && len(some) < 3 {
			some = append(some, a)
		}
	}
	return some
}
