package peers

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
)

// A Peer is a server program in one configuration. In Files, Build, Prepare and
// Processes, the places @PORT@, @UPSTREAM@, @DATABASE@ and @POSTGRES@ (free
// ports), @DIR@ (the peer's directory), @N@ and those of Fill are filled in; all
// but Fill's are in the environment of its processes too, under the same names.
type Peer struct {
	Name     string   // server/what is special about it
	Packages []string // the Debian packages that it needs
	N        int      // the size that its configuration names, if it has one
	Wall     Wall     // what a client meets

	Heavy  string // path of the slow route; {ms} is what it waits, in milliseconds
	Canary string // path of a cheap route of the same service

	Files   []string          // of programs/, written into its directory
	Fill    map[string]string // further places
	Build   [][]string        // commands run in its directory by whoever starts it
	Prepare [][]string        // commands run by the server's own user
	Run     []Process         // in this order; the last one is the service itself
}

// A Process is one long-lived program of a peer.
type Process struct {
	Port string // the place whose port it listens on when it is ready
	Args []string
	Env  []string
}

// A Wall is what stops a client of a peer, as seen from outside.
type Wall struct {
	Kind      string   // as in the verdict of `plimsoll probe`
	Low, High int      // its size, where it has one; equal unless the server does not promise a number
	Uneven    bool     // requests go to processes that may be busy while others are idle: at most High at a time
	Also      []string // kinds that are true of this wall as well
	Because   string   // the configuration, and where it is documented
}

// The walls that a peer may have, by the names that the probe gives them.
const (
	SharedPool    = "shared-pool"
	Serial        = "serial"
	PrivatePool   = "private-pool"
	ConnectionCap = "connection-cap"
	Shedding      = "shedding"
	RateLimit     = "rate-limit"
	CPU           = "cpu"
	None          = "none"
	Unknown       = "unknown" // never a peer's wall: the probe's way to abstain
)

// Kinds are all of them, in the order of a table.
var Kinds = []string{SharedPool, Serial, PrivatePool, ConnectionCap, Shedding, RateLimit, CPU, None, Unknown}

// exactly is a wall of size n. One at a time for every route is the same from
// outside whether a thread or a loop does it.
func exactly(kind string, n int, because string) Wall {
	w := Wall{Kind: kind, Low: n, High: n, Because: because}
	switch {
	case kind == SharedPool && n == 1:
		w.Also = []string{Serial}
	case kind == Serial:
		w.Also = []string{SharedPool}
	}
	return w
}

// sizeless is a wall without a size: cpu or none.
func sizeless(kind, because string) Wall { return Wall{Kind: kind, Because: because} }

func (w Wall) also(kinds ...string) Wall {
	w.Also = append(w.Also, kinds...)
	return w
}

func (w Wall) uneven() Wall {
	w.Uneven = true
	return w
}

// Size writes a wall's size: 40, 36–40, or – where it has none.
func (w Wall) Size() string {
	switch {
	case w.High == 0:
		return "–"
	case w.Low == w.High:
		return strconv.Itoa(w.Low)
	}
	return fmt.Sprintf("%d–%d", w.Low, w.High)
}

// Waits reports whether the heavy route takes its waiting time as a parameter.
func (p Peer) Waits() bool { return strings.Contains(p.Heavy, "{ms}") }

// with is p with another value for one of Fill's places.
func (p Peer) with(place, value string) Peer {
	p.Fill = maps.Clone(p.Fill)
	p.Fill[place] = value
	return p
}

// Fleet describes every peer. Sizes are drawn from seed and the peer's name, so
// that a new peer does not change the others'.
func Fleet(seed uint64) []Peer {
	d := draw{seed}
	var all []Peer
	for _, family := range [][]Peer{asgi(d), wsgi(d), pools(d), flask(d), executors(d), java(d), node(d), npm(d), ruby(d), php(d), perl(d), apache(d), proxies(d), golang(d), modules(d), native(d)} {
		all = append(all, family...)
	}
	return all
}

// A draw draws sizes.
type draw struct{ seed uint64 }

// between draws the size of the peer of that name from [low, high].
func (d draw) between(name string, low, high int) int {
	h := fnv.New64a()
	h.Write([]byte(name))
	return low + rand.New(rand.NewPCG(d.seed, h.Sum64())).IntN(high-low+1)
}

// Wait draws what the prober is given in place of {ms}, in milliseconds; 0 in
// half of the cases: it may choose itself.
func Wait(seed uint64, peer string) int {
	d := draw{seed}
	if d.between(peer+": who chooses", 0, 1) == 0 {
		return 0
	}
	return d.between(peer+": wait", 80, 500)
}
