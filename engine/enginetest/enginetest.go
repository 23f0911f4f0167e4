// Package enginetest holds engines to their contract. Every engine's test
// calls [Run], for each of its configurations that differ in kind:
//
//	func TestConformance(t *testing.T) {
//		enginetest.Run(t, "thread:max=20", thread.New)
//	}
//
// The contract is a table. Each row says what must be seen from outside the
// engine (on real sockets, at the gauge of an upstream) and where that is laid
// down. An engine that deviates says so with [Except], and why.
//
// An engine that runs handlers in continuation-passing style is held to the same
// rows: their handlers are of that style, too.
//
// What is particular to one engine (who pays while a step runs) is in rows of
// its own, which [RunModel] runs. [Red] proves that rows find planted faults.
package enginetest

import (
	"io"
	"log"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A row is one thing that every engine does.
type row struct {
	name   string // unique; a sentence about the engine
	source string // where it is laid down
	run    func(t testing.TB, h *harness)

	limits    engine.Limits // what differs from the harness's own
	keepAlive time.Duration // the engine's keepalive option; 0: its default
	patience  time.Duration // 0: the harness's own
	quiet     time.Duration // 0: the harness's own
}

// Sources of rows.
const (
	rfc9110  = "RFC 9110"
	rfc9112  = "RFC 9112"
	netHTTP  = "net/http's documentation"
	contract = "package engine"
	tomcat   = "Tomcat, the HTTP connector"
)

// rows returns the table, in the order of the design: HTTP first, then tasks,
// then how it ends.
func rows() []row {
	return slices.Concat(
		messageRows(), streamRows(), refusalRows(), clientRows(),
		foreignRows(), verbRows(), holdRows(), wakeRows(), allRows(), dialRows(),
		overloadRows(), accountRows(), stopRows(),
	)
}

// An Exception is a row that an engine does not meet.
type Exception struct{ row, reason string }

// Except excuses an engine from a row, for a reason that its documentation
// gives too.
func Except(row, reason string) Exception { return Exception{row, reason} }

// Build makes an engine of a configuration.
type Build func(model.EngineConfig) (engine.Engine, error)

// Run runs the table against the engine that build makes of a configuration's
// text form. Engines have to be [engine.Limiter]s.
func Run(t *testing.T, config string, build Build, except ...Exception) {
	cfg, err := model.ParseEngine(config)
	if err != nil {
		t.Fatal(err)
	}
	table := rows()
	for _, e := range except {
		if !slices.ContainsFunc(table, func(r row) bool { return r.name == e.row }) {
			t.Errorf("no row is called %q", e.row)
		}
	}
	quiet(t)
	for _, r := range table {
		t.Run(r.name, func(t *testing.T) {
			if i := slices.IndexFunc(except, func(e Exception) bool { return e.row == r.name }); i >= 0 {
				t.Skip("excepted: " + except[i].reason)
			}
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("source: %s", r.source)
				}
			})
			r.run(t, newHarness(t, cfg, build, r))
		})
	}
}

// quiet silences the log, to which servers write the panics that rows cause,
// and has the runtime open its own descriptors before any are counted.
func quiet(t *testing.T) {
	before := log.Writer()
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(before) })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
}
