package thread

import "time"

// RuntimeSlack is the timer slack (prctl(2), PR_SET_TIMERSLACK) that a process
// should be started with if it does nothing but serve with this engine. It makes
// the timers of Go's own threads coarse; the engine's own threads take the
// system's default back.
//
// Go's monitor thread looks every 20 µs for a processor that a system call has
// held for 10 ms, as long as it keeps finding some. In a pool whose threads wait
// for an upstream it always does: 14,000 wake-ups a second and a fifth of a CPU
// at 1,000 requests/s, which no other system with threads pays. With [Procs]
// processors nobody waits for what it would find.
const RuntimeSlack = 4 * time.Millisecond
