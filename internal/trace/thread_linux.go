package trace

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// ThisThread returns the OS thread that the calling goroutine is on. That is a
// track if the goroutine is locked to it.
func ThisThread() Track { return Track{Kind: Thread, Number: unix.Gettid()} }

// NameThreads gives the threads of a recording the names that the system has
// for them; those that have ended since keep none.
func (r *Recording) NameThreads() {
	names := map[int]string{}
	for i := range r.Events {
		t := &r.Events[i].Track
		if t.Kind != Thread {
			continue
		}
		name, known := names[t.Number]
		if !known {
			b, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/comm", t.Number))
			if err == nil {
				name = strings.TrimSpace(string(b))
			}
			names[t.Number] = name
		}
		t.Name = name
	}
}
