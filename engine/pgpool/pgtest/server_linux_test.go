package pgtest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const childEnv = "PLIMSOLL_PGTEST_CHILD"

// The server is gone soon after the process that started it, also if that had
// no time to say so.
func TestServerEndsWithTheProcess(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		s := Start(t)
		fmt.Printf("server %s %d\n", s.dir, s.port)
		select {} // until it is killed
	}
	child := exec.Command(os.Args[0], "-test.run=^TestServerEndsWithTheProcess$")
	child.Env = append(os.Environ(), childEnv+"=1")
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait() //nolint:errcheck // it was killed
	defer child.Process.Kill()
	var dir string
	var port int
	for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "server ") {
			continue
		}
		if _, err := fmt.Sscanf(lines.Text(), "server %s %d", &dir, &port); err != nil {
			t.Fatal(err)
		}
	}
	up := func() bool {
		c, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
		if err == nil {
			c.Close()
		}
		return err == nil
	}
	if _, err := os.Stat(dir); err != nil || !up() {
		t.Fatalf("the server is not there: %v", err)
	}
	child.Process.Kill()
	eventually(t, "the server takes no more connections", func() bool { return !up() })
	eventually(t, "its directory is removed", func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) })
}
