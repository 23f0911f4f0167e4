package model

// A WallKind says what stops a load line where it is, as seen from inside.
type WallKind string

// The walls that can be told from inside.
const (
	WallThreadPool  WallKind = "thread-pool"     // every thread of the pool is busy
	WallResource    WallKind = "resource"        // every slot of a resource is taken
	WallRejecting   WallKind = "rejecting"       // a bounded queue is full while threads are not the limit
	WallConnections WallKind = "connections"     // the cap on connections
	WallLoop        WallKind = "loop-stalled"    // an event loop, by steps that ran on it
	WallCarriers    WallKind = "carriers-pinned" // every carrier is pinned by something that waits
	WallExecutor    WallKind = "executor"        // every thread that runs continuations is busy
	WallWorkers     WallKind = "workers"         // every worker beside the loops is busy
	WallCPU         WallKind = "cpu"             // the CPUs the server has
	WallUpstream    WallKind = "upstream"        // what stands behind the service
	WallNone        WallKind = "none"            // nothing, up to what was tried
	WallUnknown     WallKind = "unknown"         // something, and no evidence says what
)
