package peers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	politely = 2 * time.Second // then it is killed: nothing in it is worth keeping
	goneIn   = 10 * time.Second
)

// A process is one that was started, the leader of a group of its own.
type process struct {
	name string
	pid  int
	log  string
	done chan struct{} // closed when it has ended
	err  error         // how; read after done
}

func (r *Running) launch(i int, spec Process) (*process, error) {
	args := r.fillAll(spec.Args)
	p := &process{name: filepath.Base(args[0]), log: filepath.Join(r.dir, fmt.Sprintf("output.%d", i)), done: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	c := exec.Command(args[0], args[1:]...)
	c.Dir, c.Env, c.Stdout, c.Stderr = r.dir, r.environment(spec.Env), log, log
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: r.user}
	if err := c.Start(); err != nil {
		return nil, err
	}
	p.pid = c.Process.Pid
	go func() {
		p.err = c.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) over() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// lastWords is the end of what the process wrote.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// Stop ends every process of the peer and removes its directory. The error
// names what is left.
func (r *Running) Stop() error {
	var leaders []int
	for _, p := range r.processes {
		leaders = append(leaders, p.pid)
	}
	// Some workers leave the group of their leader (PostgreSQL's do).
	family, err := descendants(leaders)
	errs := []error{err}
	for _, p := range r.processes {
		if !p.over() {
			syscall.Kill(p.pid, syscall.SIGTERM) // the only error is that it has ended
		}
	}
	deadline := time.NewTimer(politely)
	defer deadline.Stop()
	for _, p := range r.processes {
		select {
		case <-p.done:
		case <-deadline.C:
			deadline.Reset(0)
		}
	}
	for _, p := range r.processes {
		syscall.Kill(-p.pid, syscall.SIGKILL) // the only error is that nobody is left in it
		<-p.done
	}
	for _, m := range family {
		if m.alive() {
			syscall.Kill(m.pid, syscall.SIGKILL) // as above
		}
	}
	for end := time.Now().Add(goneIn); ; time.Sleep(pollEvery) {
		left := alive(family)
		if len(left) == 0 {
			break
		}
		if time.Now().After(end) {
			errs = append(errs, fmt.Errorf("stop %s: processes %v are still there", r.Name, left))
			break
		}
	}
	r.processes = nil
	if r.dir != "" {
		errs = append(errs, os.RemoveAll(r.dir))
	}
	return errors.Join(errs...)
}

// A member is one process at one time: a number alone is used again.
type member struct {
	pid   int
	start string // in clock ticks since boot
}

func (m member) alive() bool {
	now, state, _, err := stat(m.pid)
	return err == nil && now == m.start && state != "Z"
}

func alive(all []member) (pids []int) {
	for _, m := range all {
		if m.alive() {
			pids = append(pids, m.pid)
		}
	}
	return pids
}

// descendants are the processes that came from those, with themselves.
func descendants(of []int) ([]member, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := map[int][]member{}
	var found []member
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		start, _, parent, err := stat(pid)
		if err != nil {
			continue // it has ended meanwhile
		}
		m := member{pid, start}
		children[parent] = append(children[parent], m)
		for _, leader := range of {
			if pid == leader {
				found = append(found, m)
			}
		}
	}
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i].pid]...)
	}
	return found, nil
}

// stat reads fields 22, 3 and 4 of /proc/pid/stat: proc(5).
func stat(pid int) (start, state string, parent int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", "", 0, err
	}
	// The second field is a name in parentheses, which may contain anything.
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(f) < 20 {
		return "", "", 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(f))
	}
	parent, err = strconv.Atoi(f[1])
	return f[19], f[0], parent, err
}
