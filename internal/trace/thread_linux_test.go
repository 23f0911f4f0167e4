package trace

import (
	"fmt"
	"os"
	"runtime"
	"testing"
)

func TestThreadsAreTheSystemsAndBearItsNames(t *testing.T) {
	gone := Track{Number: os.Getpid()}
	for gone.Number == os.Getpid() { // the main thread is put to sleep instead
		on := make(chan Track)
		go func() {
			runtime.LockOSThread() // the thread ends with the goroutine
			on <- ThisThread()
		}()
		gone = <-on
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	here := ThisThread()
	for { // a thread that has ended has no name any more
		if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", gone.Number)); err != nil {
			break
		}
		runtime.Gosched()
	}
	r := &Recording{Events: []Event{{Track: here}, {Track: gone}, {Track: here}, {Track: Track{Kind: Loop, Number: here.Number}}}}
	r.NameThreads()
	comm, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/comm", here.Number))
	if err != nil {
		t.Fatal(err)
	}
	name := string(comm[:len(comm)-1])
	for i, want := range []string{name, "", name, ""} {
		if got := r.Events[i].Track.Name; got != want {
			t.Errorf("event %d: name %q, want %q", i, got, want)
		}
	}
	if here.Kind != Thread || here.Number == gone.Number {
		t.Errorf("here %+v, gone %+v", here, gone)
	}
}
