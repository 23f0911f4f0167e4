package probe

import "testing"

func TestTimesHaveFiguresAndAUnit(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0 µs", 0.00034: "340 µs", 0.0009997: "1 ms", 0.0015: "1.5 ms", 0.674: "674 ms", 0.0996: "100 ms", 0.9997: "1 s", 1.234: "1.23 s", 42.3: "42 s",
	} {
		if s := millis(seconds); s != want {
			t.Errorf("%v s is %q, want %q", seconds, s, want)
		}
	}
}

func TestOneIsSingular(t *testing.T) {
	if s := several(1, "canary") + " " + were(1); s != "1 canary was" {
		t.Error(s)
	}
	if s := several(2, "canary") + " " + several(0, "request") + " " + were(0); s != "2 canaries 0 requests were" {
		t.Error(s)
	}
}

// What Little's law makes of a noisy mean is not more exact than the size that
// waves have measured.
func TestAPoolThatGrewIsSaidToHaveTheSizeThatWasMeasured(t *testing.T) {
	a := &assessment{ranked: []hypothesis{{kind: SharedPool, limit: 200}}}
	for last, want := range map[float64]int{213: 200, 188: 200, 120: 120, 300: 300, 450: 404} {
		g := &growth{count: 404, last: last, doubt: 0.01}
		if n := g.about(a); n != want {
			t.Errorf("%.0f at a time is said to be %d, want %d", last, n, want)
		}
	}
}
