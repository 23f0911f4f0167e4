package host

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// listening returns a listener of this process, and where.
func listening(t *testing.T, network, address string) (*net.TCPListener, netip.AddrPort) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { l.Close() })
	at := l.Addr().(*net.TCPAddr).AddrPort()
	return l.(*net.TCPListener), netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// sleeper starts a process that does nothing, with files of this one.
func sleeper(t *testing.T, attr *syscall.SysProcAttr, files ...*os.File) int {
	t.Helper()
	cmd := exec.Command("/bin/sleep", "600")
	cmd.ExtraFiles, cmd.SysProcAttr = files, attr
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd.Process.Pid
}

func TestWhoListensIsWhoServes(t *testing.T) {
	l, at := listening(t, "tcp4", "127.0.0.1:0")
	file, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stranger := sleeper(t, nil)
	err = Serves(stranger, at)
	if want := fmt.Sprintf("what listens at %v is process %d (", at, os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("what a server has started, and serves nothing: %v, want %s", err, want)
	}
	worker := sleeper(t, nil, file)
	if err := Serves(worker, at); err != nil {
		t.Errorf("the one worker of a master: %v", err)
	}
	if err := Serves(os.Getpid(), at); err == nil || !strings.Contains(err.Error(), "this program descends from") {
		t.Errorf("this process, which asks: %v", err)
	}
	another := sleeper(t, nil, file)
	if err := Serves(worker, at); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d (", another)) {
		t.Errorf("one of two workers: %v", err)
	}
}

func TestAWildcardServesEveryAddress(t *testing.T) {
	l, at := listening(t, "tcp", "[::]:0")
	file, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	worker := sleeper(t, nil, file)
	for _, address := range []string{"127.0.0.1", "127.5.6.7", "::1", "::ffff:127.0.0.1"} {
		if err := Serves(worker, netip.AddrPortFrom(netip.MustParseAddr(address), at.Port())); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	err = Serves(worker, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), at.Port()))
	if err == nil || !strings.Contains(err.Error(), "not an address of the process's network") {
		t.Errorf("another machine's address: %v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	l, at := listening(t, "tcp4", "127.0.0.1:0")
	l.Close()
	if err := Serves(os.Getpid(), at); err == nil || !strings.Contains(err.Error(), "nothing listens at") {
		t.Errorf("error %v", err)
	}
}

// In a container the same loopback address is another one.
func TestAnotherNetworkIsNotThisOne(t *testing.T) {
	_, at := listening(t, "tcp4", "127.0.0.1:0")
	pid := sleeper(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET})
	if err := Serves(pid, at); err == nil || !strings.Contains(err.Error(), "another network namespace") {
		t.Errorf("error %v", err)
	}
}

// What the kernel would give a connection to.
func TestTheMostExactListenerServes(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	line := func(local, state, inode string) string {
		return "   0: " + local + " 00000000:0000 " + state + " 00000000:00000000 00:00000000 00000000     0        0 " + inode + " 1 0000000000000000 100 0 0 10 0\n"
	}
	const (
		loop4  = "0100007F:1F90"
		all4   = "00000000:1F90"
		loop6  = "00000000000000000000000001000000:1F90"
		all6   = "00000000000000000000000000000000:1F90"
		mapped = "0000000000000000FFFF00000100007F:1F90"
	)
	for _, c := range []struct{ why, table, at, want string }{
		{"the address itself", line(all4, "0A", "1") + line(loop4, "0A", "2"), "127.0.0.1:8080", "2"},
		{"all of its family", line(all6, "0A", "1") + line(all4, "0A", "2"), "127.0.0.1:8080", "2"},
		{"all of both", line(all6, "0A", "1") + line(loop6, "0A", "2"), "127.0.0.1:8080", "1"},
		{"IPv4 in IPv6", line(all4, "0A", "1") + line(mapped, "0A", "2"), "127.0.0.1:8080", "2"},
		{"IPv6", line(all4, "0A", "1") + line(loop6, "0A", "2"), "[::1]:8080", "2"},
		{"no IPv6", line(all4, "0A", "1"), "[::1]:8080", ""},
		{"another port", line(all4, "0A", "1"), "127.0.0.1:8081", ""},
		{"a connection", line(loop4, "01", "1"), "127.0.0.1:8080", ""},
		{"half a line", "   0: 0100007F:1F90 00000000:0000 0A", "127.0.0.1:8080", ""},
		{"no address", line("0100007F", "0A", "1") + line("01:1F90", "0A", "1") + line("xx00007F:1F90", "0A", "1"), "127.0.0.1:8080", ""},
	} {
		got := listeners(head+c.table, netip.MustParseAddrPort(c.at))
		if len(got) > 1 || (c.want != "") != got[c.want] || len(got) == 1 && c.want == "" {
			t.Errorf("%s: %v, want %s", c.why, got, c.want)
		}
	}
}

// Who is told to be looked at instead.
func TestTheProcessFromWhichAllWorkersDescendIsNamed(t *testing.T) {
	at := netip.MustParseAddrPort("127.0.0.1:80")
	// 1 has started a shell (2) from which we ask (30), a server (10) with a master
	// (11) of two workers, and a service of its own (20).
	k := kin{1: {}, 2: {parent: 1}, 10: {parent: 1}, 11: {parent: 10}, 12: {parent: 11}, 13: {parent: 11}, 20: {parent: 1}, 30: {parent: 2}}
	for _, c := range []struct {
		why             string
		pid             int
		holders, hidden []int
		want            string // "": it serves
	}{
		{"the master", 11, []int{11, 12, 13}, nil, ""},
		{"what has started the master", 10, []int{11, 12, 13}, nil, ""},
		{"the first of all, which has started who asks as well", 1, []int{11, 12}, nil, "write --pid 11"},
		{"one worker", 12, []int{11, 12, 13}, nil, "write --pid 11"},
		{"workers whose master has no socket", 12, []int{12, 13}, nil, "write --pid 11"},
		{"an only worker", 12, []int{11, 12}, nil, ""},
		{"a service whose socket its manager made", 20, []int{1, 20}, nil, ""},
		{"a shell beside that", 2, []int{1, 20}, nil, "and neither 2 nor one that descends from it; write --pid 20"},
		{"a proxy and another service", 2, []int{11, 20}, nil, "is process 11"},
		{"something that the server has started", 13, []int{11}, nil, "what listens at 127.0.0.1:80 is process 11"},
		{"nobody that can be seen", 2, nil, []int{11}, "who does cannot be seen"},
		{"not for this user to see", 11, nil, []int{12}, "run the probe as the user of the service, or as root"},
		{"one of it can be seen", 11, []int{13}, []int{12}, ""},
	} {
		err := k.serves(c.pid, 30, at, c.holders, c.hidden)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
	// What would be refused is not recommended: two servers of the shell from which
	// we ask.
	shell := kin{1: {}, 2: {parent: 1}, 30: {parent: 2}, 31: {parent: 2}, 32: {parent: 2}}
	for _, pid := range []int{31, 2} {
		if err := shell.serves(pid, 30, at, []int{31, 32}, nil); err == nil || strings.Contains(err.Error(), "write --pid") {
			t.Errorf("two servers of one shell, asked about %d: %v", pid, err)
		}
	}
	inside := kin{1: {}, 7: {}} // a container, which was entered from without
	if err := inside.serves(7, 7, at, []int{1}, nil); err == nil || !strings.Contains(err.Error(), "write --pid 1") {
		t.Errorf("the first process of a container: %v", err)
	}
}

func TestAProcessThatIsGoneDoesNotServe(t *testing.T) {
	_, at := listening(t, "tcp4", "127.0.0.1:0")
	if err := Serves(1<<22+1, at); err == nil {
		t.Error("no error")
	}
}
