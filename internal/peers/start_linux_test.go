package peers

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var place = regexp.MustCompile(`@[A-Z]+@`)

func TestEveryFileIsThereAndEveryPlaceIsFilledIn(t *testing.T) {
	used := map[string]bool{}
	for _, p := range Fleet(1) {
		r := &Running{Peer: p}
		if err := r.settle(); err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		for _, name := range p.Files {
			used[name] = true
			text, err := os.ReadFile(filepath.Join(r.dir, name))
			if err != nil {
				t.Error(err)
			}
			if left := place.Find(text); left != nil {
				t.Errorf("%s: %s has %s left", p.Name, name, left)
			}
		}
		for _, process := range p.Run {
			if s := strings.Join(r.fillAll(append(process.Args, process.Env...)), " "); place.MatchString(s) {
				t.Errorf("%s: %s", p.Name, s)
			}
			if process.Port != "" && r.places[process.Port] == "" {
				t.Errorf("%s: no port is called %s", p.Name, process.Port)
			}
		}
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	}
	all, err := programs.ReadDir("programs")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if !used[e.Name()] {
			t.Errorf("nobody uses %s", e.Name())
		}
	}
}

// serving is a peer that needs nothing but Go.
func serving(t *testing.T) Peer {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	for _, p := range Fleet(1) {
		if p.Name == "go/plain" {
			return p
		}
	}
	t.Fatal("no go/plain")
	panic("not reached")
}

func TestAPeerAnswersOnceStartedAndNothingIsLeftOnceStopped(t *testing.T) {
	p := serving(t)
	// As a server whose workers leave its group: PostgreSQL's do.
	p.Run = append([]Process{{Args: []string{"/bin/sh", "-c", "setsid sleep 1000 & wait"}}}, p.Run...)
	r, err := p.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !answers(r.CanaryURL()) || !answers(r.HeavyURL(1)) {
		t.Error("it does not answer")
	}
	dir, port := r.dir, r.places["PORT"]
	var family []member
	for end := time.Now().Add(10 * time.Second); len(family) < 3 && time.Now().Before(end); {
		if family, err = descendants([]int{r.processes[0].pid, r.processes[1].pid}); err != nil {
			t.Fatal(err)
		}
	}
	if len(family) < 3 {
		t.Fatalf("a shell, its child and a server are %v", family)
	}
	if os.Geteuid() == 0 {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.processes[1].pid))
		if err != nil || strings.Contains(string(status), "Uid:\t0") {
			t.Errorf("the server is root: %v", err)
		}
	}
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
	if left := alive(family); left != nil {
		t.Errorf("%v are left", left)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is left", dir)
	}
	if accepts(port) {
		t.Error("something still listens")
	}
}

func TestWhatDoesNotStartSaysWhyAndLeavesNothing(t *testing.T) {
	tmp, err := os.MkdirTemp("", "peers")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil { // the servers are nobody's
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", tmp)
	for name, c := range map[string]struct {
		peer Peer
		says string
	}{
		"ends":     {Peer{Run: []Process{{Port: "PORT", Args: []string{"/bin/sh", "-c", "echo no such luck; exit 7"}}}}, "no such luck"},
		"no file":  {Peer{Files: []string{"missing.conf"}}, "missing.conf"},
		"no build": {Peer{Build: [][]string{{"/bin/sh", "-c", "echo does not compile; exit 1"}}}, "does not compile"},
		"not set":  {Peer{Prepare: [][]string{{"/bin/sh", "-c", "echo no data; exit 1"}}}, "no data"},
		"absent":   {Peer{Run: []Process{{Args: []string{"/nonexistent/server"}}}}, "/nonexistent/server"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.peer.Start(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v does not say %q", err, c.says)
			}
		})
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestANumberThatIsUsedAgainIsAnotherProcess(t *testing.T) {
	start, _, _, err := stat(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if !(member{os.Getpid(), start}).alive() {
		t.Error("this process is not alive")
	}
	if (member{os.Getpid(), start + "0"}).alive() {
		t.Error("a process that began at another time is this one")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	if !accepts(port) {
		t.Error("it listens")
	}
	ln.Close()
	if accepts(port) {
		t.Error("it does not")
	}
}
