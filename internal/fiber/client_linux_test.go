package fiber

import (
	"os"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// A client that sends faster than its head is parsed never has a read wait.
func TestAHeadIsLateAlthoughMoreOfItIsThere(t *testing.T) {
	c := &conn{server: &Server{cfg: Config{Limits: engine.Limits{HeaderTimeout: time.Second}}}}
	now := reactor.Clock()
	c.begun.Store(now - int64(time.Minute))
	if at, err := c.due(); err != nil || at >= now {
		t.Errorf("the first piece: until %d, %v", at-now, err)
	}
	if _, err := c.due(); err != os.ErrDeadlineExceeded {
		t.Errorf("the second: %v", err)
	}
	c.begun.Store(0)
	if at, err := c.due(); at != 0 || err != nil {
		t.Errorf("what is no head: %d, %v", at, err)
	}
}
