package host

import (
	"reflect"
	"testing"
	"time"
)

func TestCPUTimes(t *testing.T) {
	const first = "cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 100 10 50 1000 20 3 4 30 99 0\ncpu1 0 0 0 500 0 0 0 0 0 0\nintr 5 0\n"
	const second = "cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 130 20 58 1039 19 4 5 41 99 0\ncpu1 0 0 0 500 0 0 0 0 0 0\ncpu2 1 1 1 1 1 1 1 1 1 1\n"
	a, err := parseCPUTimes([]byte(first))
	if err != nil {
		t.Fatal(err)
	}
	if want := (CPUTime{Busy: 1670 * time.Millisecond, Idle: 10200 * time.Millisecond, Steal: 300 * time.Millisecond}); a[0] != want || len(a) != 2 {
		t.Errorf("%+v, want CPU 0 %+v", a, want)
	}
	b, err := parseCPUTimes([]byte(second))
	if err != nil {
		t.Fatal(err)
	}
	// CPU 0: 50 ticks busy, 38 idle, 11 stolen. CPU 1: no tick. CPU 2: new.
	want := map[int]CPUShare{0: {Busy: 50.0 / 99, Steal: 11.0 / 99}, 1: {}}
	if got := b.Since(a); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
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
