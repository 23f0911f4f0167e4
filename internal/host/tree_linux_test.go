package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A shell that has a child work, waits for it, and has another one sleep: what
// the first has used counts although it has ended, and the second is of the
// tree.
func TestATreeHasItsChildrenAndWhatThoseUsedThatEnded(t *testing.T) {
	sh := talkTo(t, exec.Command("/bin/sh", "-c", `sh -c 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done'; sleep 60 & read ask; echo ready; read stop; kill $!`))
	sh.ask()
	tree, err := SampleTree(sh.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	own, err := Sample(sh.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Processes != 2 || tree.Threads != 2 {
		t.Errorf("%d processes with %d threads, want the shell and its sleeping child", tree.Processes, tree.Threads)
	}
	if tree.CPU < own.CPU+20*time.Millisecond {
		t.Errorf("the tree has used %v, its root alone %v: the child that worked is missing", tree.CPU, own.CPU)
	}
	if tree.Voluntary < 2 || tree.CPUs <= 0 || tree.Affinity < tree.CPUs || tree.Busy < tree.CPU {
		t.Errorf("%+v", tree)
	}
}

func TestAProcessThatDoesNotExistIsSaid(t *testing.T) {
	cmd := exec.Command("/bin/true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := SampleTree(cmd.Process.Pid); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestNamesDoNotMisleadTheSearchForChildren(t *testing.T) {
	stat := func(name, state string, parent int) []byte {
		fields := make([]string, 22)
		for i := range fields {
			fields[i] = "0"
		}
		fields[0], fields[1], fields[13], fields[14], fields[17] = state, fmt.Sprint(parent), "3", "4", "7"
		return []byte("12 (" + name + ") " + strings.Join(fields, " ") + "\n")
	}
	want := relative{parent: 7, threads: 7, reaped: 70 * time.Millisecond}
	for _, name := range []string{"sh", "a b", ") R 1 (", ""} {
		if r, ok := parseKin(stat(name, "S", 7)); !ok || r != want {
			t.Errorf("%q: %+v, %t", name, r, ok)
		}
	}
	if _, ok := parseKin(stat("gone", "Z", 7)); ok {
		t.Error("a process that has ended is taken for one")
	}
	if _, ok := parseKin([]byte("12 (sh) S 1")); ok {
		t.Error("half a line is taken for a process")
	}
	k := kin{1: {}, 2: {parent: 1}, 3: {parent: 2}, 4: {parent: 1}, 5: {parent: 3}}
	if tree := k.under(2); len(tree) != 3 {
		t.Errorf("under 2: %v", tree)
	}
}

func BenchmarkSampleTree(b *testing.B) {
	for b.Loop() {
		if _, err := SampleTree(os.Getpid()); err != nil {
			b.Fatal(err)
		}
	}
}
