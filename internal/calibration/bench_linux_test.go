package calibration

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestTheKernelsSliceIsReadOrComputedByItsRule(t *testing.T) {
	told := func(text string) fstest.MapFS {
		return fstest.MapFS{"sys/kernel/debug/sched/base_slice_ns": {Data: []byte(text)}}
	}
	for _, c := range []struct {
		root fstest.MapFS
		cpus int
		want time.Duration
		from string
	}{
		{told("2800000\n"), 2, 2800 * time.Microsecond, "base_slice_ns"},
		{told("soon\n"), 2, 1400 * time.Microsecond, "fair.c"},
		{fstest.MapFS{}, 1, 700 * time.Microsecond, "fair.c"},
		{fstest.MapFS{}, 4, 2100 * time.Microsecond, "fair.c"},
		{fstest.MapFS{}, 5, 2100 * time.Microsecond, "fair.c"},  // rounded down
		{fstest.MapFS{}, 64, 2800 * time.Microsecond, "fair.c"}, // more than 8 count as 8
	} {
		got, from := baseSlice(c.root, c.cpus)
		if got != c.want || !strings.Contains(from, c.from) {
			t.Errorf("%d CPUs: %s, from %s", c.cpus, got, from)
		}
	}
}
