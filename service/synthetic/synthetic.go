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
	"strconv"
	"time"

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
	mux       *http.ServeMux
	client    *httpclient.Client
	opts      Options
	upstreams map[string]model.Dist
	resources map[string]*engine.Resource
	order     []*engine.Resource
}

// New makes a service of a workload.
func New(w *model.Workload, opts Options) (*Service, error) {
	if len(w.Upstreams) > 0 && len(opts.Upstreams) == 0 {
		return nil, fmt.Errorf("synthetic: workload %s has upstreams, and no process stands in for them", w.Name)
	}
	if opts.ComputeScale == 0 {
		opts.ComputeScale = 1
	}
	s := &Service{
		mux: http.NewServeMux(), client: &httpclient.Client{}, opts: opts,
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
		route := &w.Routes[i]
		s.mux.HandleFunc(route.Path, func(rw http.ResponseWriter, r *http.Request) { s.serve(rw, r, route) })
	}
	return s, nil
}

// ServeHTTP runs the steps of the route that the path names.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

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

func (s *Service) serve(w http.ResponseWriter, r *http.Request, route *model.Route) {
	seed, err := strconv.ParseUint(r.Header.Get(SeedHeader), 16, 64)
	if err != nil {
		seed = rand.Uint64() // a person with a browser sends none
	}
	run := run{service: s, rng: rand.New(rand.NewPCG(seed, routeStream))}
	if err := run.steps(engine.TaskOf(r.Context()), route.Steps); err != nil {
		http.Error(w, route.Name+": "+err.Error(), http.StatusBadGateway)
		return
	}
	w.Header()["Content-Type"] = plain
	_, _ = w.Write([]byte(route.Name + " done\n")) // a client that has left is no error of the service
}

var plain = []string{"text/plain; charset=utf-8"}

// routeStream tells the random numbers of a request's steps from those that
// its client drew from the same seed.
const routeStream = 0x53594e5448455449

// ask waits for an upstream: it holds the request for the drawn latency.
func (s *Service) ask(t engine.Task, upstream string, latency time.Duration, pick uint64) error {
	var buf [256]byte
	target := make([]byte, 0, 48)
	target = append(target, '/')
	target = append(target, upstream...)
	target = append(target, "?us="...)
	target = strconv.AppendInt(target, latency.Microseconds(), 10)
	status, body, err := s.client.Get(t, s.opts.Upstreams[pick%uint64(len(s.opts.Upstreams))], string(target), buf[:0])
	if err != nil {
		return fmt.Errorf("upstream %s: %w", upstream, err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("upstream %s answered %d: %s", upstream, status, body)
	}
	return nil
}
