package page

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/record"
)

func TestAGaugeIsReadByItsName(t *testing.T) {
	for _, c := range []struct {
		key     gaugeKey
		text    string
		value   float64
		said    string
		growing bool
	}{
		{gaugeKey{"loop", record.SourceEngine, "busy"}, "threads busy", 200, "200", false},
		{gaugeKey{"loop", record.SourceEngine, "cpu_seconds"}, "CPU used, 100 % is one CPU", 0.5, "50 %", true},
		{gaugeKey{"loop", record.SourceUpstream, "in_flight_seconds"}, "in flight at the upstreams", 7, "7", true},
		{gaugeKey{"loop", record.SourceEngine, "inventory-pool.in_use"}, "inventory-pool in use", 26, "26", false},
		{gaugeKey{"vthread", record.SourceEngine, "carriers.pinned"}, "carriers: pinned", 3, "3", false},
		{gaugeKey{"vthread", record.SourceEngine, "carriers.busy_nanos"}, "carriers: busy, mean", 2e9, "2", true},
		{gaugeKey{"vthread", record.SourceEngine, "carriers.pinned_seconds"}, "carriers: pinned, mean", 3, "3", true},
		{gaugeKey{"loop", record.SourceEngine, "loop0.stalled_seconds"}, "loop0: stalled", 0.7, "70 %", true},
		{gaugeKey{"loop", record.SourceEngine, "loop0.lag_seconds2"}, "loop0: lag, mean", 0.25, "250 ms", true},
		{gaugeKey{"loop", record.SourceEngine, "lag_ms"}, "lag", 400, "400 ms", false},
		{gaugeKey{"loop", record.SourceEngine, "stalled_share"}, "stalled", 0.7, "70 %", false},
		{gaugeKey{"loop", record.SourceProc, "rss_bytes"}, "rss", 40 << 20, "40 MiB", false},
		{gaugeKey{"loop", record.SourceEngine, "mounts_total"}, "mounts, 1/s", 1200, "1,200", true},
		// A name that is known of one source means nothing from another.
		{gaugeKey{"loop", record.SourceHost, "busy"}, "busy", 1, "1", false},
	} {
		r := readingOf(c.key)
		if r.text != c.text || r.growing != c.growing || r.format(c.value*r.scale) != c.said {
			t.Errorf("%s: %q, growing %t, %g is %q; want %q, %t, %q", c.key.name, r.text, r.growing, c.value, r.format(c.value*r.scale), c.text, c.growing, c.said)
		}
	}
}

func TestACounterBecomesARate(t *testing.T) {
	got := perSecond([]sample{{0, 10}, {1e9, 30}, {3e9, 30}, {4e9, 5}, {4.5e9, 10}}) // from 30 to 5: a new process
	want := []sample{{1e9, 20}, {3e9, 0}, {4.5e9, 10}}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
}

// The trials of one overload share a run, whose samples a record may repeat.
func TestASampleThatIsThereTwiceCountsOnce(t *testing.T) {
	var rows Rows
	for _, trial := range []int{7, 8} {
		for _, at := range []int64{1, 2, 3} {
			rows.Add(&record.Gauge{Head: record.Head{T: at}, Trial: trial, Engine: "loop", Source: record.SourceEngine, Values: map[string]float64{"busy": float64(at)}})
		}
	}
	s := rows.gauges[gaugeKey{"loop", record.SourceEngine, "busy"}]
	if got := s.within(2, 9); len(got) != 2 || got[0] != (sample{2, 2}) || got[1] != (sample{3, 3}) {
		t.Errorf("%v", got)
	}
}
