package hangup

import (
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

func pair(t *testing.T) (ours, theirs int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]) })
	return fds[0], fds[1]
}

func TestWhoHangsUpIsToldOf(t *testing.T) {
	var s Set
	defer s.Close()
	stays, other := pair(t)
	defer unix.Close(other)
	leaves, peer := pair(t)
	told := make(chan string, 4)
	s.Add(stays, func() { told <- "stays" })
	s.Add(leaves, func() { told <- "leaves" })
	unix.Write(other, []byte("x")) // is no end
	unix.Close(peer)
	select {
	case who := <-told:
		if who != "leaves" {
			t.Error(who)
		}
	case <-time.After(patience):
		t.Fatal("nobody was told")
	}
}

func TestWhoHasHungUpBeforeIsToldOf(t *testing.T) {
	var s Set
	defer s.Close()
	ours, theirs := pair(t)
	unix.Shutdown(theirs, unix.SHUT_WR)
	defer unix.Close(theirs)
	told := make(chan struct{}, 2) // at the end there is a second one, of the close
	s.Add(ours, func() { told <- struct{}{} })
	select {
	case <-told:
	case <-time.After(patience):
		t.Fatal("nobody was told")
	}
}

// The next socket has the descriptor's number, and not the last one's fate.
func TestARemovedSocketIsNotToldOf(t *testing.T) {
	var s Set
	defer s.Close()
	ours, theirs := pair(t)
	s.Remove(ours, s.Add(ours, func() { t.Error("told of what was removed") }))
	unix.Close(theirs)
	next, peer := pair(t)
	told := make(chan struct{}, 2)
	s.Add(next, func() { told <- struct{}{} })
	unix.Close(peer)
	<-told
	s.Remove(0, 0)
}

func TestASetThatNobodyUsedClosesToo(t *testing.T) {
	var s Set
	s.Close()
	s.Close()
}

// Nobody would end what it started, and goleak finds that.
func TestAClosedSetTellsNobody(t *testing.T) {
	var used Set
	ours, theirs := pair(t)
	id := used.Add(ours, func() {})
	used.Close()
	used.Remove(ours, id)
	unix.Close(theirs)
	for _, s := range []*Set{&used, closed()} {
		ours, theirs := pair(t)
		unix.Close(theirs)
		if id := s.Add(ours, func() { t.Error("a closed set told of somebody") }); id != 0 {
			t.Errorf("a closed set watches %d", id)
			s.Close()
		}
	}
}

func closed() *Set {
	s := new(Set)
	s.Close()
	return s
}
