package host

import (
	"reflect"
	"testing"
	"testing/fstest"
)

func TestParseCPUList(t *testing.T) {
	for s, want := range map[string][]int{"0\n": {0}, "0-3,8,10-11\n": {0, 1, 2, 3, 8, 10, 11}, "5-5": {5}} {
		if got, err := parseCPUList(s); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, error %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "a", "3-1", "-1", "1,,2", "0-99999999"} {
		if got, err := parseCPUList(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func TestSiblings(t *testing.T) {
	sys := fstest.MapFS{
		"cpu0/topology/thread_siblings_list":  file("0,2\n"),
		"cpu1/topology/thread_siblings_list":  file("1,3\n"),
		"cpu2/topology/thread_siblings_list":  file("0,2\n"),
		"cpu3/topology/thread_siblings_list":  file("1,3\n"),
		"cpu10/topology/thread_siblings_list": file("10\n"),
		"cpu11/topology/thread_siblings_list": file("nonsense\n"),
		"cpufreq/topology/none":               file(""),
	}
	if got, want := siblingsIn(sys), [][]int{{0, 2}, {1, 3}, {10}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := siblingsIn(fstest.MapFS{}); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}
