package load

import (
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/redact"
	"github.com/plimsoll-dev/plimsoll/model"
)

// SeedHeader is the request header that carries the seed of a request, 16
// hexadecimal digits, where [Config.SeedHeader] asks for it. A server that draws
// its latencies from it draws the same under every engine.
const SeedHeader = "Plimsoll-Seed"

// Defaults of a [Config].
const (
	// DefaultConnecting stays below the shortest backlogs in use (100 in Tomcat).
	DefaultConnecting = 64
	// DefaultConnectEvery is how far apart connections are opened: SYNs that
	// overflow a listen backlog are dropped and come again after 1, 3, 7 s,
	// which looks like a limit of the server.
	DefaultConnectEvery = time.Millisecond
)

// A Config says what to send where, and when. Zero values have the defaults
// given, so Target, Routes and Stages are enough.
type Config struct {
	Target string // http://host:port
	Routes []Route

	Arrivals   model.Arrivals // how requests arrive; the zero value is poisson
	Stages     []model.Stage  // at which rates, and for how long
	Seed       uint64
	SeedHeader bool // send [SeedHeader]

	// Closed is the number of connections of a closed loop: each sends its next
	// request when the one before has ended. The stages then give only the
	// length of the run. 0: open loop.
	Closed int

	Timeout  time.Duration // a request's time from its intended time; 0: model.DefaultTimeout
	InFlight int           // requests open at once; an arrival past it is not sent; 0: model.DefaultInFlight
	Within   time.Duration // what [Counts.Within] counts; 0: everything answered

	Preopen      int           // connections to open before the start
	Connecting   int           // connections being opened at once; 0: [DefaultConnecting]
	ConnectEvery time.Duration // at least that far apart; 0: [DefaultConnectEvery]; negative: no limit

	// Drain is how long requests still in flight are waited for after the last
	// stage. 0: as long as Timeout, so each ends in its own way; negative: not
	// at all.
	Drain time.Duration

	// Nice is the nice value of the sending thread, −20 to 19. Below 0 it needs
	// CAP_SYS_NICE; where that is missing, the summary has a warning.
	Nice int

	// Stop, if set, is asked ten times a second, on the sending thread, whether
	// to end the run now. It must return at once.
	Stop func(Tick) bool

	// Started, if set, is told when the schedule begins. It is called where the
	// sink is, before the first second.
	Started func(Start)
}

// A Route is a kind of request, chosen with probability Weight / sum of weights.
type Route struct {
	Name   string // in results; "": Path, without the secrets in it
	Method string // "": GET
	Path   string // begins with '/'; may have a query
	Header []Header
	Body   []byte
	Weight float64 // 0 everywhere: all alike
}

// A Header is one field of a request.
type Header struct{ Name, Value string }

// Length returns the sum of the stages' times.
func (c *Config) Length() time.Duration {
	var d time.Duration
	for _, s := range c.Stages {
		d += s.For
	}
	return d
}

// Check returns what is wrong with the configuration, as far as that shows
// without the network.
func (c Config) Check() error {
	c, err := c.completed()
	if err != nil {
		return err
	}
	if _, err := parseURL(c.Target); err != nil {
		return err
	}
	if _, err := NewSchedule(c.Arrivals, c.Stages, c.Routes, c.Seed); err != nil {
		return err
	}
	for i := range c.Routes {
		if _, err := newTemplate(&c.Routes[i], "", c.SeedHeader); err != nil {
			return err
		}
	}
	return nil
}

// completed returns the configuration with defaults filled in, or what is wrong
// with it.
func (c Config) completed() (Config, error) {
	if c.Arrivals.Kind == "" {
		c.Arrivals.Kind = model.Poisson
	}
	routes := make([]Route, len(c.Routes))
	for i, r := range c.Routes {
		if r.Name == "" {
			r.Name = redact.Path(r.Path)
		}
		if r.Method == "" {
			r.Method = "GET"
		}
		routes[i] = r
	}
	c.Routes = routes
	for _, n := range []struct {
		name  string
		value int
	}{{"Closed", c.Closed}, {"InFlight", c.InFlight}, {"Preopen", c.Preopen}, {"Connecting", c.Connecting}} {
		if n.value < 0 {
			return c, fmt.Errorf("load: %s is %d; give 0 or more", n.name, n.value)
		}
	}
	if c.Timeout < 0 || c.Within < 0 {
		return c, fmt.Errorf("load: timeout %v, within %v; give times above zero", c.Timeout, c.Within)
	}
	if c.Timeout == 0 {
		c.Timeout = model.DefaultTimeout
	}
	if c.Drain == 0 {
		c.Drain = c.Timeout
	}
	if c.InFlight == 0 {
		c.InFlight = model.DefaultInFlight
	}
	c.InFlight = max(c.InFlight, c.Closed)
	if c.Within == 0 {
		c.Within = math.MaxInt64
	}
	if c.Connecting == 0 {
		c.Connecting = DefaultConnecting
	}
	if c.ConnectEvery == 0 {
		c.ConnectEvery = DefaultConnectEvery
	}
	return c, nil
}
