package peers

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
)

//go:embed programs
var programs embed.FS

const (
	readyWithin = 30 * time.Second // a JVM on a busy machine
	pollEvery   = 20 * time.Millisecond
)

// A Running is a peer that has been started. It belongs to one goroutine.
type Running struct {
	Peer
	Base string // http://127.0.0.1:port

	dir       string
	places    map[string]string
	user      *syscall.Credential // nil: the user who runs this
	processes []*process
}

// HeavyURL is the heavy route with that wait, in milliseconds; where the route
// takes none, the wait is not in it.
func (r *Running) HeavyURL(ms int) string {
	return r.Base + strings.ReplaceAll(r.Heavy, "{ms}", strconv.Itoa(ms))
}

// CanaryURL is the cheap route.
func (r *Running) CanaryURL() string { return r.Base + r.Canary }

// Start runs the peer and returns when both routes have answered 200. The error
// says what the server wrote last.
func (p Peer) Start(ctx context.Context) (_ *Running, err error) {
	r := &Running{Peer: p}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start %s: %w", p.Name, err), r.Stop())
		}
	}()
	if err := r.settle(); err != nil {
		return nil, err
	}
	for _, args := range p.Build {
		if err := r.command(ctx, args, nil); err != nil {
			return nil, err
		}
	}
	if err := r.handOver(); err != nil {
		return nil, err
	}
	for _, args := range p.Prepare {
		if err := r.command(ctx, args, r.user); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for i, spec := range p.Run {
		pr, err := r.launch(i, spec)
		if err != nil {
			return nil, err
		}
		r.processes = append(r.processes, pr)
		if spec.Port == "" {
			continue
		}
		if err := r.until(ctx, func() bool { return accepts(r.places[spec.Port]) }); err != nil {
			return nil, err
		}
	}
	if err := r.until(ctx, func() bool { return answers(r.CanaryURL()) && answers(r.HeavyURL(1)) }); err != nil {
		return nil, err
	}
	return r, nil
}

// settle makes the directory, finds ports, and writes the files.
func (r *Running) settle() error {
	dir, err := os.MkdirTemp("", "peer")
	if err != nil {
		return err
	}
	r.dir = dir
	r.places = map[string]string{"DIR": dir, "N": strconv.Itoa(r.N)}
	for _, place := range []string{"PORT", "UPSTREAM", "DATABASE", "POSTGRES"} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer ln.Close() // all at once, so that no two are the same
		r.places[place] = strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	}
	r.Base = "http://127.0.0.1:" + r.places["PORT"]
	for _, name := range r.Files {
		text, err := programs.ReadFile("programs/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(r.fill(string(text))), 0o644); err != nil {
			return err
		}
	}
	r.user, err = host.Nobody() // PostgreSQL and PHP refuse to run as root, and the others should not
	return err
}

// handOver gives the directory to the user that the servers run as.
func (r *Running) handOver() error {
	if r.user == nil {
		return nil
	}
	return filepath.WalkDir(r.dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(r.user.Uid), int(r.user.Gid))
	})
}

// fill puts values in the place of @NAME@; what Fill puts there may have places
// of its own.
func (r *Running) fill(s string) string {
	for _, places := range []map[string]string{r.Fill, r.places} {
		for name, value := range places {
			s = strings.ReplaceAll(s, "@"+name+"@", value)
		}
	}
	return s
}

// command runs a command to its end.
func (r *Running) command(ctx context.Context, args []string, as *syscall.Credential) error {
	c := exec.CommandContext(ctx, r.fill(args[0]), r.fillAll(args[1:])...)
	c.Dir = r.dir
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if as != nil {
		c.Env = r.environment(nil)
		c.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, out)
	}
	return nil
}

func (r *Running) fillAll(args []string) []string {
	filled := make([]string, len(args))
	for i, arg := range args {
		filled[i] = r.fill(arg)
	}
	return filled
}

// environment is what a server sees: nothing of whoever runs it.
func (r *Running) environment(more []string) []string {
	env := []string{"PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=" + r.dir, "TMPDIR=" + r.dir}
	for name, value := range r.places {
		env = append(env, name+"="+value)
	}
	return append(env, r.fillAll(more)...)
}

// until polls a state. It ends early when a process has.
func (r *Running) until(ctx context.Context, state func() bool) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !state() {
		for _, p := range r.processes {
			if p.over() {
				return fmt.Errorf("%s ended: %w\n%s", p.name, p.err, p.lastWords())
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			err := fmt.Errorf("not ready: %w", ctx.Err())
			for _, p := range r.processes {
				err = fmt.Errorf("%w\n%s wrote: %s", err, p.name, p.lastWords())
			}
			return err
		}
	}
	return nil
}

func accepts(port string) bool {
	c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// answers asks on a connection of its own, which it closes: a kept one would
// occupy what is to be measured.
func answers(url string) bool {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
