package probe

import "time"

// A timerWatch notes how late timers are, from start to stop: if this process
// does not come to run, what it measures is its own delay.
type timerWatch struct {
	quit, done chan struct{}
	worst      time.Duration
}

// watchStep is how long each of its timers is. The scheduler's own slack is
// well below it.
const watchStep = 5 * time.Millisecond

func watchTimers() *timerWatch {
	w := &timerWatch{quit: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		timer := time.NewTimer(watchStep)
		defer timer.Stop()
		for {
			begun := time.Now()
			select {
			case <-timer.C:
				w.worst = max(w.worst, time.Since(begun)-watchStep)
			case <-w.quit:
				return
			}
			timer.Reset(watchStep)
		}
	}()
	return w
}

// stop returns how late the latest was.
func (w *timerWatch) stop() time.Duration {
	close(w.quit)
	<-w.done
	return w.worst
}
