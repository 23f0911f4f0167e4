package lab

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// A process is the lab's end of a child.
type process struct {
	role string
	cmd  *exec.Cmd
	in   io.WriteCloser
	pipe *os.File // out reads from it
	out  *bufio.Reader
	log  *tail
	done chan struct{} // closed when it has ended
	err  error         // how; valid once done is closed

	// mu makes a command and its answer one exchange.
	mu sync.Mutex
}

// A place is where and how a child runs.
type place struct {
	cpus  []int
	procs int           // GOMAXPROCS
	slack time.Duration // of its timers; 0: the usual
}

// start starts the running binary again in a role and tells it its
// specification.
func start(role string, at place, spec any) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("lab: find the running binary: %w", err)
	}
	p := &process{role: role, cmd: exec.Command(self), log: &tail{limit: 4 << 10}, done: make(chan struct{})}
	p.cmd.Env = append(childEnviron(), roleEnv+"="+role, "GOMAXPROCS="+strconv.Itoa(max(1, at.procs)))
	p.cmd.Stderr = p.log
	// A group of its own: Ctrl-C in the terminal is for the lab.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("lab: start %s: %w", role, err)
	}
	// Not StdoutPipe: Wait would close it under a reader.
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("lab: start %s: %w", role, err)
	}
	p.cmd.Stdout = w
	err = host.WithTimerSlack(at.slack, func() error { return host.StartPinned(p.cmd, at.cpus) })
	if err != nil {
		r.Close()
		w.Close()
		return nil, fmt.Errorf("lab: start %s: %w", role, err)
	}
	w.Close()
	p.pipe, p.out = r, bufio.NewReaderSize(r, 64<<10)
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	if err := p.tell(spec); err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

// childEnviron is the environment without what would make a child something else.
func childEnviron() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, roleEnv+"=") && !strings.HasPrefix(e, "GOMAXPROCS=") {
			env = append(env, e)
		}
	}
	return env
}

// tell writes one line of JSON.
func (p *process) tell(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("lab: tell %s: %w", p.role, err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return p.failed(err)
	}
	return nil
}

// hear reads one line of JSON.
func (p *process) hear(v any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return p.failed(err)
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("lab: %s answered %q: %w", p.role, clip(line), err)
	}
	return nil
}

// ask sends a command and reads its answer.
func (p *process) ask(command string, answer any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := io.WriteString(p.in, command+"\n"); err != nil {
		return p.failed(err)
	}
	return p.hear(answer)
}

// stop asks the child to end, and waits that long before it is killed.
func (p *process) stop(patience time.Duration) {
	// The child's standard input ends: it stops by itself.
	p.in.Close()
	select {
	case <-p.done:
		p.pipe.Close()
	case <-time.After(patience):
		p.kill()
	}
}

// kill ends the child at once.
func (p *process) kill() {
	p.in.Close()
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.done
	p.pipe.Close()
}

// A childError is a child that died, or does not answer.
type childError struct {
	role string
	err  error
	log  string
}

func (e *childError) Error() string {
	s := fmt.Sprintf("lab: the %s process died: %v", e.role, e.err)
	if e.log != "" {
		s += "\n  it said: " + strings.ReplaceAll(e.log, "\n", "\n  ")
	}
	return s
}

func (e *childError) Unwrap() error { return e.err }

// failed makes an error of a broken pipe: what the child died of, and said.
func (p *process) failed(err error) error {
	select {
	case <-p.done:
	case <-time.After(2 * time.Second):
		return fmt.Errorf("lab: %s: %w", p.role, err)
	}
	if p.err != nil {
		err = p.err
	} else if errors.Is(err, io.EOF) {
		err = errors.New("it ended")
	}
	return &childError{p.role, err, p.log.String()}
}

// tail keeps the beginning and the last of what a child writes to its standard
// error.
type tail struct {
	limit int
	mu    sync.Mutex // guards what follows
	head  []byte
	last  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	if room := t.limit - len(t.head); room > 0 {
		k := min(room, len(b))
		t.head, b = append(t.head, b[:k]...), b[k:]
	}
	t.last = append(t.last, b...)
	if over := len(t.last) - t.limit; over > 0 {
		t.last = append(t.last[:0], t.last[over:]...)
	}
	return n, nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := string(bytes.TrimSpace(t.head))
	if len(t.last) > 0 {
		s += "\n…\n" + string(bytes.TrimSpace(t.last))
	}
	return s
}

func clip(b []byte) []byte { return b[:min(len(b), 200)] }
