package thread

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// The threads that Go has become coarse, those of the engine stay exact.
func TestCalmRuntimeSparesTheEnginesOwnThreads(t *testing.T) {
	restore := slackOf(t, "thread-self")
	if err := CalmRuntime(); err != nil {
		t.Skipf("not allowed here: %v", err)
	}
	t.Cleanup(func() { setSlack(t, restore) })
	if got := slackOf(t, "self"); got != "4000000" {
		t.Errorf("the main thread's slack is %s ns", got)
	}
	got := make(chan string, 1)
	go func() {
		runtime.LockOSThread() // a thread made by one that is coarse; it ends with the goroutine
		exactTimers()
		got <- slackOf(t, "thread-self")
	}()
	if s := <-got; s != "50000" {
		t.Errorf("an engine thread's slack is %s ns", s)
	}
}

// slackOf reads a thread's timer slack. For another thread than the caller's
// that takes a privilege.
func slackOf(t *testing.T, task string) string {
	if task == "thread-self" {
		target, err := os.Readlink("/proc/thread-self")
		if err != nil {
			t.Error(err)
			return ""
		}
		task = target[strings.LastIndexByte(target, '/')+1:]
	}
	b, err := os.ReadFile("/proc/" + task + "/timerslack_ns")
	if err != nil {
		t.Error(err)
	}
	return strings.TrimSpace(string(b))
}

func setSlack(t *testing.T, slack string) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Error(err)
		return
	}
	for _, k := range tasks {
		if err := os.WriteFile("/proc/"+k.Name()+"/timerslack_ns", []byte(slack), 0); err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
}
