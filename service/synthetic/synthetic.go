// Package synthetic is the service that a workload describes: an http.Handler
// that runs each request's steps through its engine.Task, so that the engine
// decides what every one of them costs.
//
// All latencies of a request are drawn from a seed that the client sends
// (load.SeedHeader), in an order that does not depend on how the engine runs
// it: under every engine the same request waits for the same times.
package synthetic

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/model"
)

// SeedHeader is the request header that carries the request's seed, as 16
// hexadecimal digits.
const SeedHeader = "Plimsoll-Seed"

// Options are what a service needs beside its workload.
type Options struct {
	// Upstreams are the addresses of the processes that stand in for the
	// workload's upstreams; each serves all of them.
	Upstreams []string
	// Speed is what turns a compute step's time into work.
	Speed work.Speed
	// ComputeScale multiplies the work of every compute step; 0 stands for 1.
	ComputeScale float64
}

// A Service runs a workload's steps. It is safe for concurrent use.
type Service struct {
	routes    map[string]*model.Route // by path
	client    *httpclient.Client
	addresses []string
	speed     work.Speed // ComputeScale included
	upstreams map[string]model.Dist
	resources map[string]*engine.Resource
	order     []*engine.Resource
}

// New makes a service of a workload. It refuses one whose steps could not cost
// what the workload says: without addresses for its upstreams, or without a
// speed above zero for its compute steps.
func New(w *model.Workload, opts Options) (*Service, error) {
	if len(w.Upstreams) > 0 && len(opts.Upstreams) == 0 {
		return nil, fmt.Errorf("synthetic: workload %s has upstreams, and no process stands in for them; give Options.Upstreams an address", w.Name)
	}
	if opts.ComputeScale == 0 {
		opts.ComputeScale = 1
	}
	// The speed is scaled and not the times, so that no time overflows.
	opts.Speed.UnitsPerMicrosecond *= opts.ComputeScale
	if !(opts.Speed.UnitsPerMicrosecond > 0) && computes(w) {
		return nil, fmt.Errorf("synthetic: workload %s computes, and would do no work at %v units/µs; give Options.Speed what work.Calibrate returns, and a ComputeScale above 0",
			w.Name, opts.Speed.UnitsPerMicrosecond)
	}
	s := &Service{
		routes: map[string]*model.Route{}, client: &httpclient.Client{},
		addresses: slices.Clone(opts.Upstreams), speed: opts.Speed,
		upstreams: map[string]model.Dist{}, resources: map[string]*engine.Resource{},
	}
	for _, u := range w.Upstreams {
		s.upstreams[u.Name] = u.Latency
	}
	for _, r := range w.Resources {
		var kind []engine.ResourceOption
		if r.Monitor {
			kind = append(kind, engine.Monitor)
		}
		res := engine.NewResource(r.Name, r.Size, kind...)
		s.resources[r.Name] = res
		s.order = append(s.order, res)
	}
	for i := range w.Routes {
		s.routes[w.Routes[i].Path] = &w.Routes[i]
	}
	return s, nil
}

// computes reports whether any route has a compute step.
func computes(w *model.Workload) bool {
	return slices.ContainsFunc(w.Routes, func(r model.Route) bool { return anyComputes(r.Steps) })
}

func anyComputes(steps []model.Step) bool {
	return slices.ContainsFunc(steps, func(s model.Step) bool {
		return s.Verb == model.Compute || anyComputes(s.Steps) ||
			slices.ContainsFunc(s.Branches, func(b model.Branch) bool { return anyComputes(b.Steps) })
	})
}

// ServeHTTP runs the steps of the request's route.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, run, ok := s.begin(w, r)
	if ok {
		s.answer(w, route, run.steps(engine.TaskOf(r.Context()), route.Steps))
	}
}

// begin finds the route that has exactly the request's path, and begins a run
// of its steps; if there is none it answers itself. A http.ServeMux would take
// a path that ends in '/' for everything below it.
func (s *Service) begin(w http.ResponseWriter, r *http.Request) (*model.Route, *run, bool) {
	route := s.routes[r.URL.Path]
	if route == nil {
		http.NotFound(w, r)
		return nil, nil, false
	}
	seed, err := seedOf(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return nil, nil, false
	}
	return route, &run{service: s, rng: rand.New(rand.NewPCG(seed, routeStream))}, true
}

// answer says how the steps ended.
func (s *Service) answer(w http.ResponseWriter, route *model.Route, err error) {
	if err != nil {
		// The errors of several branches are joined by line feeds.
		http.Error(w, route.Name+": "+strings.ReplaceAll(err.Error(), "\n", "; "), http.StatusBadGateway)
		return
	}
	w.Header()["Content-Type"] = plain
	_, _ = w.Write([]byte(route.Name + " done\n")) // a client that has left is no error of the service
}

// seedOf returns the request's seed, or any where it has none: a person with a
// browser sends none. One that cannot be read is refused, because whoever sent
// it expects the same latencies again.
func seedOf(r *http.Request) (uint64, error) {
	text := r.Header.Get(SeedHeader)
	if text == "" {
		return rand.Uint64(), nil
	}
	seed, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is %.40q, which is not a seed; write up to 16 hexadecimal digits, or leave it out", SeedHeader, text)
	}
	return seed, nil
}

// Resources returns a snapshot of the workload's resources, in its order.
func (s *Service) Resources() []engine.ResourceStats {
	var all []engine.ResourceStats
	for _, r := range s.order {
		all = append(all, r.Stats())
	}
	return all
}

// Close closes the idle connections to the upstreams.
func (s *Service) Close() { s.client.CloseIdle() }

var plain = []string{"text/plain; charset=utf-8"}

// routeStream tells the random numbers of a request's steps from those that
// its client drew from the same seed.
const routeStream = 0x53594e5448455449
