package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/probe"
)

// served starts `plimsoll serve` and returns the URL it listens at.
func served(t *testing.T, document, engine string) string {
	url, _ := serving(t, document, engine)
	return url
}

// serving starts `plimsoll serve` and returns the URL it listens at, and its
// process.
func serving(t *testing.T, document, engine string) (url string, pid int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "probed.yaml")
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := plimsoll(t, "serve", file, "-e", engine, "--listen", "127.0.0.1:0")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("serve: %v: %s", err, &errs)
	}
	return strings.TrimSpace(line), cmd.Process.Pid
}

var ofProcess = regexp.MustCompile(`"source":"proc","values":\{[^}]*"cpu_seconds":`)

// What was learned of a service from outside is a workload that has the same
// wall in virtual time.
func TestAFittedWorkloadHasTheWallThatWasProbed(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	n := 6 + r.IntN(10)
	document := fmt.Sprintf(`workload: probed
seed: 1
upstreams:
  bank: {latency: 120ms}
resources:
  pool: {size: %d}
routes:
  health: {path: /health, steps: [{compute: 10us}]}
  await:  {path: /await, steps: [{await: bank}]}
  pooled: {path: /pooled, steps: [{hold: pool, steps: [{await: bank}]}]}
slo: {within: 1s}
in-flight: 300
`, n)
	for _, c := range []struct {
		engine, route string
		kind          probe.Kind
		wall          model.WallKind
	}{
		{fmt.Sprintf("thread:max=%d", n), "await", probe.SharedPool, model.WallThreadPool},
		{"goroutine", "pooled", probe.PrivatePool, model.WallResource},
	} {
		t.Run(c.engine+" "+c.route, func(t *testing.T) {
			t.Parallel() // they wait
			url, pid := serving(t, document, c.engine)
			dir := t.TempDir()
			fitted, rec := filepath.Join(dir, "fitted.yaml"), filepath.Join(dir, "record")
			var v probe.Verdict
			for try := 1; ; try++ {
				code, out, errs := exec(t, "probe", "--heavy", url+"/"+c.route, "--canary", url+"/health", "--max-concurrency", "64",
					"--pid", strconv.Itoa(pid), "--fit", fitted, "--record", rec, "--json", "-")
				if err := json.Unmarshal([]byte(out), &v); err != nil {
					t.Fatalf("exit code %d: %s: %v", code, errs, err)
				}
				if code == exitOK && v.Wall.Kind == c.kind && *v.Wall.Limit == n {
					break
				}
				if try == 3 {
					t.Skipf("this machine is too busy to tell: %s%s", out, errs)
				}
				os.Remove(rec)
			}
			if text, err := os.ReadFile(rec); err != nil || !ofProcess.Match(text) {
				t.Errorf("the record has nothing of the process: %v", err)
			}
			if code, out, errs := exec(t, "workload", "check", fitted); code != exitOK {
				t.Fatalf("check: exit code %d: %s%s", code, out, errs)
			}
			code, out, errs := exec(t, "simulate", fitted, "--record", filepath.Join(dir, "simulated"), "--json", "-")
			if code != exitOK {
				t.Fatalf("simulate: exit code %d: %s", code, errs)
			}
			var simulated struct {
				Engines []struct {
					Wall struct {
						Kind  model.WallKind
						Limit float64
					}
					Line struct{ Low, High float64 } `json:"load_line"`
				}
			}
			if err := json.Unmarshal([]byte(out), &simulated); err != nil || len(simulated.Engines) != 1 {
				t.Fatalf("%v: %s", err, out)
			}
			e := simulated.Engines[0]
			if e.Wall.Kind != c.wall || e.Wall.Limit != float64(n) {
				t.Errorf("in virtual time it is %s %v, probed was %s %d", e.Wall.Kind, e.Wall.Limit, v.Wall.Kind, n)
			}
			// Either route is asked for as often, and the canary is cheap. Waits grow
			// too long well before all of a small pool is in use.
			if full := 2 * *v.Wall.Rate; e.Line.High > 1.1*full || e.Line.Low < 0.5*full {
				t.Errorf("in virtual time it carries %.0f to %.0f/s, of which half are slow; the probe said %.0f of those", e.Line.Low, e.Line.High, *v.Wall.Rate)
			}
		})
	}
}

// A wall of our own engines, in a size drawn at random, and none, as seen from
// outside. The other walls are internal/agreement's.
// On a machine that is busy with other things the probe may abstain or be void;
// it may not be sure of a wrong wall.
func TestProbeSeesAWallOfOurEngines(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	threads := 2 + r.IntN(30)
	const document = `workload: probed
about: A slow route, and a cheap one.
seed: 1
upstreams:
  bank: {latency: 150ms}
routes:
  health: {path: /health, steps: [{compute: 10us}]}
  await: {path: /await, steps: [{await: bank}]}
slo: {within: 1s, ratio: 0.99}
in-flight: 300
`
	for _, c := range []struct {
		engine string
		kind   probe.Kind
		limit  int // 0: none
	}{
		{fmt.Sprintf("thread:max=%d", threads), probe.SharedPool, threads},
		{"goroutine", probe.None, 0},
	} {
		t.Run(c.engine, func(t *testing.T) {
			t.Parallel() // they wait
			url := served(t, document, c.engine)
			for try := 1; ; try++ {
				code, out, errs := exec(t, "probe", "--heavy", url+"/await", "--canary", url+"/health", "--max-concurrency", "100", "--json", "-")
				var v probe.Verdict
				if err := json.Unmarshal([]byte(out), &v); err != nil || code != exitOK && code != exitVoid {
					t.Fatalf("exit code %d: %s: %v", code, errs, err)
				}
				right := v.Wall.Kind == c.kind && (c.limit == 0 || *v.Wall.Limit == c.limit)
				switch {
				case right:
					return
				case !v.Void && v.Confidence == "high":
					t.Fatalf("it is %s %d, and the verdict is\n%s\n%s", c.kind, c.limit, out, errs)
				case try == 3:
					t.Skipf("this machine is too busy to tell: %s", out)
				}
			}
		})
	}
}
