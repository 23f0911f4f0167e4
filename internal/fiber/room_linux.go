package fiber

import "sync"

// A Room is how many connections the servers that share it may have open, all
// together.
type Room struct {
	limit int

	mu      sync.Mutex // guards what follows; held for a few operations on a list
	open    int
	waiting []*Server // those that hold a connection back, first come, first served
}

// NewRoom returns room for that many connections.
func NewRoom(connections int) *Room { return &Room{limit: connections} }

// enter counts a connection of s in. If there is no room, s is told when there
// is: it holds one back, and resumes with that.
func (r *Room) enter(s *Server) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open >= r.limit {
		r.waiting = append(r.waiting, s)
		return false
	}
	r.open++
	return true
}

// leave counts a connection out. Anybody may call it.
func (r *Room) leave() {
	r.mu.Lock()
	r.open--
	var next *Server
	if len(r.waiting) > 0 {
		next = r.waiting[0]
		r.waiting = append(r.waiting[:0], r.waiting[1:]...)
	}
	r.mu.Unlock()
	if next != nil { // not stopped: it has a connection to serve
		next.group.reactor.Post(next.acceptor.resume)
	}
}
