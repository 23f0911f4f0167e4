package probe

import "github.com/plimsoll-dev/plimsoll/model"

// Outside returns what a wall that is seen from inside a service, and its size,
// is from outside; 0 stands for a wall without a size. The first kind is what it
// is called, the others are true of it as well. [Unknown] among them says that
// what can be seen from outside need not suffice.
//
// Of the same wall two observers see different things: one that counts threads
// cannot be told from one that counts processes, and what a coroutine waits for,
// an executor or a connection pool, is only this route's.
func Outside(wall model.WallKind, limit int) []Kind {
	switch wall {
	case model.WallThreadPool, model.WallCarriers:
		if limit == 1 { // one at a time for every route, whether a thread or a loop does it
			return []Kind{SharedPool, Serial}
		}
		return []Kind{SharedPool}
	case model.WallLoop:
		return []Kind{Serial, SharedPool}
	case model.WallExecutor, model.WallWorkers, model.WallResource:
		return []Kind{PrivatePool}
	case model.WallConnections:
		return []Kind{ConnectionCap}
	case model.WallRejecting:
		return []Kind{Shedding}
	case model.WallCPU:
		return []Kind{CPU}
	case model.WallUpstream: // its capacity is a pool, unless it only becomes slower
		return []Kind{PrivatePool, Unknown}
	case model.WallNone:
		return []Kind{None}
	}
	return []Kind{Unknown}
}
