package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func TestAPinnedChildHasItsCPUsOnEveryThreadAndTheParentKeepsItsOwn(t *testing.T) {
	cpus, err := CPUs()
	if err != nil || len(cpus) == 0 {
		t.Fatalf("CPUs %v, error %v", cpus, err)
	}
	var wg sync.WaitGroup
	for i := range 8 { // concurrently, each on another CPU
		wg.Go(func() {
			cpu := cpus[i%len(cpus)]
			cmd := childCommand("affinity")
			var out strings.Builder
			cmd.Stdout = &out
			if err := StartPinned(cmd, []int{cpu}); err != nil {
				t.Error(err)
				return
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			if want := fmt.Sprintf("true %d\n", cpu); out.String() != want {
				t.Errorf("five threads or more, and the CPUs of all: %q, want %q", out.String(), want)
			}
		})
	}
	wg.Wait()
	// No thread of this process was left narrowed.
	err = eachTask(os.Getpid(), func(task string) {
		b, _ := os.ReadFile(task + "/status")
		_, rest, ok := strings.Cut(string(b), "Cpus_allowed_list:\t")
		list, _, _ := strings.Cut(rest, "\n")
		if got, err := parseCPUList(list); ok && (err != nil || !reflect.DeepEqual(got, cpus)) {
			t.Errorf("%s may use %v, want %v (%v)", task, got, cpus, err)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestACPUThatIsNotThereIsNamed(t *testing.T) {
	cpus, _ := CPUs()
	err := StartPinned(childCommand("affinity"), []int{cpus[0], maxCPUs - 1})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("may use only %v", cpus)) {
		t.Errorf("error %v", err)
	}
	cmd := childCommand("affinity")
	cmd.Path = "/nowhere/at/all"
	if err := StartPinned(cmd, cpus[:1]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a program that is not there: %v", err)
	}
}
