package model

// A WallKind says what stops a load line where it is, as seen from inside.
type WallKind string

// The walls that can be told from inside.
const (
	WallThreadPool  WallKind = "thread-pool" // every thread of the pool is busy
	WallResource    WallKind = "resource"    // every slot of a resource is taken
	WallRejecting   WallKind = "rejecting"   // a bounded queue is full while threads are not the limit
	WallConnections WallKind = "connections" // the cap on connections
	WallCPU         WallKind = "cpu"         // the CPUs the server has
	WallUpstream    WallKind = "upstream"    // what stands behind the service
	WallNone        WallKind = "none"        // nothing, up to what was tried
	WallUnknown     WallKind = "unknown"     // something, and no evidence says what
)
