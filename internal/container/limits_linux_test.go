package container

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/model"
)

func TestCeilings(t *testing.T) {
	none := ceiling{math.MaxInt, ""}
	for _, test := range []struct {
		config               string
		beside               int
		threads, descriptors ceiling
		want                 []string // in the error; none: no error
	}{
		{"thread:max=200", 0, none, none, nil},
		{"thread:max=200", 0, ceiling{216, "pids.max"}, none, nil},
		{"thread:max=200", 0, ceiling{215, "pids.max"}, none, []string{"max=200 needs 216 threads", "pids.max allows 215", "write max=199"}},
		{"future:max=200", 9, ceiling{224, "pids.max"}, none, []string{"future: max=200 needs 225 threads", "write max=199"}},
		{"thread:max=200", 0, ceiling{3, "pids.max"}, none, []string{"write max=1 "}},
		{"thread:max=100,connections=1000", 0, none, ceiling{1165, "ulimit -n"}, nil},
		{"thread:max=100,connections=1000", 0, none, ceiling{1024, "ulimit -n"}, []string{"connections=1000 and max=100 need 1165 descriptors", "ulimit -n allows 1024", "write connections=859"}},
		{"thread:max=200", 0, ceiling{10, "a"}, ceiling{10, "b"}, []string{"a allows 10", "b allows 10"}},
	} {
		cfg, err := model.ParseEngine(test.config)
		if err != nil {
			t.Fatal(err)
		}
		err = checkCeilings(cfg, test.beside, test.threads, test.descriptors)
		if (err != nil) != (test.want != nil) {
			t.Errorf("%s, %+v, %+v: %v", test.config, test.threads, test.descriptors, err)
			continue
		}
		for _, part := range test.want {
			if !strings.Contains(err.Error()+" ", part) {
				t.Errorf("%v\nlacks %q", err, part)
			}
		}
	}
}

func TestPidsFiles(t *testing.T) {
	for _, test := range []struct {
		name, groups string
		want         []string
	}{
		{"version 2", "0::/system.slice/a.service\n", []string{
			"/sys/fs/cgroup/system.slice/a.service/pids.max", "/sys/fs/cgroup/system.slice/pids.max", "/sys/fs/cgroup/pids.max"}},
		{"in a container", "0::/\n", []string{"/sys/fs/cgroup/pids.max"}},
		{"version 1", "12:cpu,cpuacct:/x\n5:pids:/docker/7\n", []string{
			"/sys/fs/cgroup/pids/docker/7/pids.max", "/sys/fs/cgroup/pids/docker/pids.max", "/sys/fs/cgroup/pids/pids.max"}},
		{"unreadable", "?\n", nil},
	} {
		if got := pidsFiles(test.groups); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestReadLimit(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		text string
		n    int
		ok   bool
	}{{"123\n", 123, true}, {"max\n", 0, false}} {
		file := dir + "/pids.max"
		if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, ok := readLimit(file); n != test.n || ok != test.ok {
			t.Errorf("%q: %d, %v", test.text, n, ok)
		}
	}
	if _, ok := readLimit(dir + "/none"); ok {
		t.Error("a file that is not there is a limit")
	}
}
