package hybrid

import (
	"math/bits"
	"runtime"
	"sync"
)

// Processors are the process's: whoever changes their number takes turns.
var processorsMu sync.Mutex

// processors keep GOMAXPROCS at one for each of the engine's threads, so that
// the kernel schedules them, nice values and all, and not Go's scheduler: a
// thread that waits in a system call keeps its processor. More than that cost,
// though nobody uses them: the garbage collector starts work on each (with 46 on
// one CPU a plaintext request took 12 µs, with 2 it took 8.7).
type processors struct {
	always int // of the loops and the CPU workers
	found  int // before Serve
	set    int // to which it was changed last; 0: it was not
}

// begin is called when the engine begins to serve, and end when it has.
func (p *processors) begin() {
	p.found = runtime.GOMAXPROCS(0)
	p.fit(func() int { return 0 })
}

func (p *processors) end() {
	processorsMu.Lock()
	defer processorsMu.Unlock()
	if p.set != 0 && runtime.GOMAXPROCS(0) == p.set {
		runtime.GOMAXPROCS(p.found)
	}
}

// fit makes room for so many blocking workers as there are, rounded up: every
// change stops the world for a moment. It takes back only what it has added
// itself.
func (p *processors) fit(blocking func() int) {
	processorsMu.Lock()
	defer processorsMu.Unlock()
	want := p.always
	if n := blocking(); n > 0 {
		want += 1 << bits.Len(uint(n-1))
	}
	now := runtime.GOMAXPROCS(0)
	if want = max(want, p.found); want > now || want < now && now == p.set {
		runtime.GOMAXPROCS(want)
		p.set = want
	}
}
