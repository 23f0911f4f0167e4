package future

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// A farGate is a gate in another process.
type farGate struct{ *child }

func newFarGate(t testing.TB) farGate {
	t.Helper()
	return farGate{startChild(t, "gate", nil)}
}

// beGate is what a far gate does: it tells how many it holds for each line that
// it reads, and "open" opens it.
func beGate(ln net.Listener) {
	g := rig.GateOn(ln)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if lines.Text() == "open" {
			g.Open()
		}
		fmt.Println(g.Now())
	}
}

// say sends a line and returns how many are held.
func (g farGate) say(t testing.TB, line string) (held int) {
	t.Helper()
	if _, err := fmt.Fprintln(g.in, line); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanln(g.out, &held); err != nil {
		t.Fatal(err)
	}
	return held
}

// pass goes through the gate on a connection of the task.
func (g farGate) pass(task engine.Task) error { return rig.PassAt(task, g.address) }

// awaitThenCall has its call in a continuation.
func awaitThenCall(first, then *rig.Gate) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := engine.TaskOf(r.Context())
		if err := t.Await("first", first.Pass); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		then.Call(w, r)
	}
}
