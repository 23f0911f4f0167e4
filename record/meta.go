package record

import "time"

// Meta is the first row: what ran, where, and with what.
type Meta struct {
	Head
	Format      string          `json:"format"`           // [Format]
	Tool        string          `json:"tool"`             // program and version
	Command     string          `json:"command"`          // subcommand
	Source      string          `json:"source,omitempty"` // [SourceSimulation], or "": it was measured
	Args        []string        `json:"args,omitempty"`
	Started     time.Time       `json:"started"` // wall clock at t = 0
	Host        Host            `json:"host"`
	Placement   map[string]Role `json:"placement,omitempty"` // by role: server, load, upstream
	Calibration *Calibration    `json:"calibration,omitempty"`
	Workload    *Workload       `json:"workload,omitempty"`
	Claim       string          `json:"claim,omitempty"`     // in a suite: the document whose claim this run is about
	Control     bool            `json:"control,omitempty"`   // in a suite: it is the claim's control
	Instances   int             `json:"instances,omitempty"` // identical ones of the service, behind a balancer; absent: one
	Balancer    string          `json:"balancer,omitempty"`  // by which they are given requests: a model.Balancer
	Seed        uint64          `json:"seed"`
	Engines     []string        `json:"engines,omitempty"` // text forms
	Options     map[string]any  `json:"options,omitempty"` // what else shaped the run
}

// SourceSimulation is the Source of what was simulated: its times are virtual, and
// its placement and calibration absent.
const SourceSimulation = "sim"

// Kind returns "meta".
func (Meta) Kind() string { return "meta" }

// Host describes the machine. It holds nothing that names it or its owner.
type Host struct {
	OS              string  `json:"os"`
	Arch            string  `json:"arch"`
	Kernel          string  `json:"kernel,omitempty"`
	CPU             string  `json:"cpu,omitempty"`         // model
	Cores           int     `json:"cores"`                 // logical CPUs online
	CPUs            []int   `json:"cpus,omitempty"`        // of them, those this process may use
	CPUQuota        float64 `json:"cpu_quota,omitempty"`   // CPUs' worth of time a control group allows; 0: no limit
	Governor        string  `json:"governor,omitempty"`    // frequency scaling
	Virtual         string  `json:"virtual,omitempty"`     // hypervisor or container, where one shows
	Memory          int64   `json:"memory_bytes"`          // physical
	MemoryLimit     int64   `json:"memory_limit_bytes"`    // of the control group; 0: no limit
	Go              string  `json:"go"`                    // runtime.Version
	GOMAXPROCS      int     `json:"gomaxprocs"`            // of the process that wrote the record
	Descriptors     uint64  `json:"descriptors,omitempty"` // a process may have open (soft limit)
	DescriptorsHard uint64  `json:"descriptors_hard,omitempty"`
	Threads         uint64  `json:"threads_max,omitempty"` // the kernel allows in all
}

// A Role is where the processes of one role ran.
type Role struct {
	CPUs []int `json:"cpus"`
	Nice int   `json:"nice"`
}

// Calibration is how fast compute's unit of work was on this machine.
type Calibration struct {
	UnitsPerMicrosecond float64 `json:"units_per_microsecond"` // of CPU time
	Spread              float64 `json:"spread"`                // relative: the narrowest range of half the repetitions
}

// Workload is the document that was run, complete.
type Workload struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // of Source, hexadecimal
	Source string `json:"source"`
}
