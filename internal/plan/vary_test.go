package plan

import "testing"

// Where another size of the same pool is in the way, it gives way.
func TestWhatIsVariedIsWhatIsTried(t *testing.T) {
	for _, c := range []struct {
		planned, option string
		n               int
		want            string
	}{
		{"thread:max=30", "max", 12, "thread:max=12"},
		{"thread:max=30", "spare", 20, "thread:max=30,spare=20"},
		{"thread:max=30", "spare", 300, "thread:max=30,spare=30"},
		{"hybrid:blocking=30", "blocking-max", 20, "hybrid:blocking=20,blocking-max=20"},
		{"hybrid:blocking=60", "blocking-max", 20, "hybrid:blocking=20,blocking-max=20"},
		{"hybrid:blocking=60", "blocking", 80, "hybrid:blocking=80"},
		{"future:max=1,executor=13,executor-max=20", "executor-max", 11, "future:max=1,executor=11,executor-max=11"},
	} {
		got := varied(engines(t, c.planned)[0], c.option, c.n)
		if got.String() != engines(t, c.want)[0].String() {
			t.Errorf("%s with %s=%d is %s, not %s", c.planned, c.option, c.n, got, c.want)
		}
	}
}
