package host

import (
	"reflect"
	"testing"
	"time"
)

func TestCPUTimes(t *testing.T) {
	const stat = "cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 100 10 50 1000 20 3 4 30 99 0\ncpu1 0 0 0 500 0 0 0 0 0 0\nintr 5 0\n"
	got, err := parseCPUTimes([]byte(stat))
	// Idle, waiting for a disk, and guests, which user has already, do not count.
	want := CPUTimes{0: {Busy: 1670 * time.Millisecond, Steal: 300 * time.Millisecond}, 1: {}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v; error %v", got, want, err)
	}
	for _, bad := range []string{"", "cpu 1 2 3", "cpu0 1 2 3 x 5 6 7 8 9\n"} {
		if _, err := parseCPUTimes([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	live, err := ReadCPUTimes()
	cpus, _ := CPUs()
	if err != nil || live[cpus[0]].Busy == 0 {
		t.Errorf("this machine: %+v, error %v", live, err)
	}
}
