package host

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Serves returns nil if what listens at an address is a process and what descends
// from it, and nobody else: then what [SampleTree] shows of it is what the service
// does. Otherwise its error says who does, as far as that can be seen.
//
// It compares the sockets that listen there, as /proc/PID/net lists them, with
// those that are open in any process. A tree to which this process belongs is not
// the service's alone. One that only hands a socket down, as a
// service manager or a master without requests, is an ancestor and does not count
// as somebody else.
func Serves(pid int, service netip.AddrPort) error {
	service = netip.AddrPortFrom(service.Addr().Unmap().WithZone(""), service.Port())
	proc := "/proc/" + strconv.Itoa(pid)
	if err := reachable(proc, service.Addr()); err != nil {
		return servesError(pid, service, err)
	}
	var lines []byte
	for _, table := range []string{"/net/tcp", "/net/tcp6"} {
		b, err := os.ReadFile(proc + table)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a system without IPv6
			return servesError(pid, service, err)
		}
		lines = append(lines, b...)
	}
	sockets := listeners(string(lines), service)
	if len(sockets) == 0 {
		return fmt.Errorf("nothing listens at %v that process %d could be", service, pid)
	}
	kin, err := readKin()
	if err != nil {
		return servesError(pid, service, err)
	}
	holders, hidden := kin.holders(sockets)
	return kin.serves(pid, os.Getpid(), service, holders, hidden)
}

func servesError(pid int, service netip.AddrPort, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("whether process %d listens at %v is not for this user to see; run the probe as the user of the service, or as root", pid, service)
	}
	return fmt.Errorf("host: whether process %d listens at %v: %w", pid, service, err)
}

// reachable says why an address that was connected to from here cannot be one at
// which a process listens: it is not of the process's network.
func reachable(proc string, at netip.Addr) error {
	theirs, err := os.Stat(proc + "/ns/net")
	if err != nil {
		return err
	}
	ours, err := os.Stat("/proc/self/ns/net")
	switch {
	case err != nil:
		return err
	case at.IsLoopback() && !os.SameFile(ours, theirs):
		return errors.New("it is in another network namespace, as in a container, and something else passes requests on to it; write the container's own address")
	case at.IsLoopback():
		return nil
	}
	v4, _ := os.ReadFile(proc + "/net/fib_trie")
	v6, _ := os.ReadFile(proc + "/net/if_inet6")
	if !isLocal(string(v4), string(v6), at) {
		return errors.New("that is not an address of the process's network; it may be another machine's")
	}
	return nil
}

// isLocal reports whether an address is among those that /proc/net/fib_trie and
// /proc/net/if_inet6 list as the machine's own.
func isLocal(trie, interfaces string, at netip.Addr) bool {
	if at.Is6() {
		return strings.Contains(interfaces, strings.ReplaceAll(at.StringExpanded(), ":", "")+" ")
	}
	lines := strings.Split(trie, "\n")
	for i := range lines[:len(lines)-1] {
		if strings.TrimSpace(lines[i]) == "|-- "+at.String() && strings.TrimSpace(lines[i+1]) == "/32 host LOCAL" {
			return true
		}
	}
	return false
}

// listeners returns the inodes of the sockets of /proc/net/tcp and tcp6 to which
// the kernel gives connections to an address: those bound to just that one; if
// there are none, to all of its family; if there are none, to all.
func listeners(table string, service netip.AddrPort) map[string]bool {
	found := [3]map[string]bool{{}, {}, {}}
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		const state, listen, inode = 3, "0A", 9
		if len(f) <= inode || f[state] != listen {
			continue
		}
		at, ok := parseSocket(f[1])
		switch a := at.Addr(); {
		case !ok || at.Port() != service.Port():
		case a.Unmap() == service.Addr():
			found[0][f[inode]] = true
		case a.IsUnspecified() && a.Is4() == service.Addr().Is4():
			found[1][f[inode]] = true
		case a.IsUnspecified() && a.Is6():
			found[2][f[inode]] = true
		}
	}
	for _, sockets := range found {
		if len(sockets) > 0 {
			return sockets
		}
	}
	return nil
}

// parseSocket reads an address as /proc/net/tcp writes it: words of four bytes in
// the machine's own order, in hexadecimal, and the port.
func parseSocket(text string) (at netip.AddrPort, ok bool) {
	words, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(words)
	n, perr := strconv.ParseUint(port, 16, 16)
	if err != nil || perr != nil || len(b) != 4 && len(b) != 16 {
		return at, false
	}
	for w := range slices.Chunk(b, 4) {
		binary.NativeEndian.PutUint32(w, binary.BigEndian.Uint32(w))
	}
	a, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a, uint16(n)), true
}

// holders returns the processes in which one of the sockets is open, and those
// that do not let this user see.
func (k kin) holders(sockets map[string]bool) (holders, hidden []int) {
	for pid := range k {
		dir := "/proc/" + strconv.Itoa(pid) + "/fd"
		open, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrPermission) {
			hidden = append(hidden, pid)
		}
		for _, fd := range open {
			to, err := os.Readlink(dir + "/" + fd.Name())
			if inode, ok := strings.CutPrefix(to, "socket:["); err == nil && ok && sockets[strings.TrimSuffix(inode, "]")] {
				holders = append(holders, pid)
				break
			}
		}
	}
	slices.Sort(holders)
	return holders, hidden
}

// serves judges who holds the sockets of a service.
func (k kin) serves(pid, prober int, service netip.AddrPort, holders, hidden []int) error {
	mine := map[int]bool{}
	for _, p := range k.under(pid) {
		mine[p] = true
	}
	if len(holders) > 1 { // a service manager has the socket of what it starts
		holders = slices.DeleteFunc(slices.Clone(holders), func(p int) bool { return p == 1 && pid != 1 })
	}
	own := slices.ContainsFunc(holders, func(p int) bool { return mine[p] })
	others := slices.DeleteFunc(slices.Clone(holders), func(p int) bool {
		return mine[p] || own && slices.Contains(k.under(p), pid)
	})
	switch {
	case own && mine[prober]:
		return fmt.Errorf("this program descends from process %d as well, and its CPU time is not the service's%s", pid, k.instead(holders, prober))
	case own && len(others) == 0:
		return nil
	case len(others) == 0 && slices.ContainsFunc(hidden, func(p int) bool { return mine[p] }):
		return servesError(pid, service, fs.ErrPermission)
	case len(others) == 0:
		return fmt.Errorf("process %d does not listen at %v, and who does cannot be seen", pid, service)
	}
	who := fmt.Sprintf("process %d (%s)", others[0], nameOf(others[0]))
	if own {
		who += fmt.Sprintf(" listens at %v as well, and does not descend from %d", service, pid)
	} else {
		who = fmt.Sprintf("what listens at %v is %s, and neither %d nor one that descends from it", service, who, pid)
	}
	return errors.New(who + k.instead(holders, prober))
}

// instead says what to write for those that hold the sockets of a service; nothing
// where that would be refused, because the prober belongs to it as well.
func (k kin) instead(holders []int, prober int) string {
	if root := k.root(holders); root != 0 && !slices.Contains(k.under(root), prober) {
		return fmt.Sprintf("; write --pid %d", root)
	}
	return ""
}

// root is the process from which all of these descend, themselves included; 0:
// that is only the first one, which has started everything.
func (k kin) root(pids []int) int {
	for p := pids[0]; p > 1 || p == pids[0]; p = k[p].parent {
		under := k.under(p)
		if !slices.ContainsFunc(pids, func(x int) bool { return !slices.Contains(under, x) }) {
			return p
		}
	}
	return 0
}

// nameOf is a process's name, which it may have given itself.
func nameOf(pid int) string {
	b, err := readProc("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil {
		return "?"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, string(b))
}
