package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestResourcesHeldInACircleAreFound(t *testing.T) {
	const nested = "{hold: %s, steps: [{await: u}, {hold: %s, steps: [{await: u}]}]}"
	both := fmt.Sprintf("x: {steps: ["+nested+"]}, y: {steps: ["+nested+"]}", "a", "b", "b", "a")
	for _, c := range []struct {
		name, routes, found string
		instances           int
	}{
		{"opposite orders", both, "a b", 1},
		{"opposite orders, on an instance of several", both, "a b", 3},
		{"one order", fmt.Sprintf("x: {steps: ["+nested+"]}, y: {steps: ["+nested+"]}", "a", "b", "a", "b"), "", 1},
		{"around three", fmt.Sprintf("x: {steps: ["+nested+"]}, y: {steps: ["+nested+"]}, z: {steps: ["+nested+"]}", "a", "b", "b", "c", "c", "a"), "a b c", 1},
		{"in a branch", "x: {steps: [{hold: a, steps: [{parallel: [[{await: u}], [{await: u}, {hold: b, steps: [{await: u}]}]]}]}]}, y: {steps: [{hold: b, steps: [{await: u}, {hold: a, steps: [{await: u}]}]}]}", "a b", 1},
		{"a third way out", fmt.Sprintf("x: {steps: ["+nested+"]}, y: {steps: ["+nested+"]}", "wide", "b", "b", "wide"), "", 1},
	} {
		for _, engine := range []string{"thread:max=500", "loop", "vthread", "goroutine"} {
			r := simulate(t, engine, "upstreams: {u: {latency: 5ms}}\nresources: {a: {size: 2}, b: {size: 2}, c: {size: 2}, wide: {size: 5000}}\nroutes: {"+c.routes+"}\ntimeout: 2s\nin-flight: 2000\n",
				300*float64(c.instances), func(x *Config) { x.Instances = c.instances })
			var found string
			for at := time.Second; at <= 30*time.Second; at += time.Second {
				if x := r.until(at); x.Circle != nil {
					found = strings.Join(x.Circle.Resources, " ")
				}
			}
			if found != c.found {
				t.Errorf("%s, %s: found %q, expected %q", c.name, engine, found, c.found)
			}
		}
	}
}
