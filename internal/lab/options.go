package lab

import (
	"errors"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// NewEngine makes an engine of its configuration.
type NewEngine func(model.EngineConfig) (engine.Engine, error)

// Options say what to compare.
type Options struct {
	Document *workload.Document
	Engines  []model.EngineConfig // one may stand in it twice: an A/A comparison
	Quick    bool                 // half the trials, wider intervals
	Predict  bool                 // calibrate and simulate, too, and record what the simulation says
	Trace    bool                 // record a stretch of a trial of each engine, span by span
	Record   *record.Writer       // where every row goes; the caller closes it
	Tool     string               // program and version, for the record
	Args     []string             // of the command line, for the record
	Progress func(Progress)       // told what is being done; may be nil

	// UpstreamCapacity makes upstreams a wall: at most so many requests of a
	// name are held at once. For experiments.
	UpstreamCapacity map[string]int
	// LoadStarted is called with the process ID of every generator. For
	// experiments that disturb it.
	LoadStarted func(pid int)

	searchOnly bool          // tests of the search need no overload and no confirmation
	window     time.Duration // of a trial, in tests of what stops a service and not of where exactly; 0: what the rate asks for

	// Of a run in a suite of claims, which has no verdict of its own.
	suite   *analysis.Suite
	claim   string // the document's name
	control bool   // this is its control
}

// ServeOptions say what to serve.
type ServeOptions struct {
	Document *workload.Document
	Engine   model.EngineConfig
	Address  string               // to listen on
	Ready    func(address string) // called once, as requests are answered

	UpstreamCapacity map[string]int // as in [Options]
}

// CalibrateOptions say how to calibrate.
type CalibrateOptions struct {
	Rounds   int            // of loads on engines, at least 1
	Progress func(Progress) // told what is being done; may be nil
}

// Progress is what a lab is doing.
type Progress struct {
	Elapsed time.Duration
	Engine  string
	Text    string
	Trial   *record.Trial // that has just ended, or nil
}

// ErrNoEngine is returned where there is nothing to compare.
var ErrNoEngine = errors.New("lab: no engine was named, and the workload names none; add -e thread:max=200, for example")
