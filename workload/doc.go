// Package workload reads workload documents: YAML that describes one service
// under one load, and what counts as good enough. [Load] finds a document by
// the name of a built-in one or by its path, [Parse] reads its bytes into a
// [model.Workload], [Format] writes one that Parse reads back to the same
// value, and [Demand] computes what a request of it asks for on average, which
// is what a first guess by Little's law needs.
//
// Reading is strict, because a measurement of something else than was meant is
// worse than none: an unknown key, a number without its unit or a name that
// nothing defines is an [*Error] that points at the place and says what to
// write there. Suspicious but usable documents come with a [Warning].
//
// # Grammar
//
// Keys may stand in any order; those marked * are required.
//
//	workload*:  NAME
//	about:      text
//	seed:       whole number                      default 1
//	upstreams:  {NAME: {latency*: DIST}, ...}
//	resources:  {NAME: {size*: whole number}, ...}
//	            {NAME: {size*: whole number, shared: true}, ...}
//	                                              one for all instances of the service; else each has its own
//	            {NAME: {monitor: true}, ...}      a lock of the language; its size is 1
//	routes*:    {NAME: {weight: number            default 1
//	                    path: /PATH               default / and the name
//	                    steps*: [STEP, ...]}, ...}
//	arrivals:   poisson | constant | {bursts: whole number}
//	                                              default poisson
//	stages:     [{for*: TIME, rate*: RATE, to: RATE}, ...]
//	timeout:    TIME                              default 10s
//	in-flight:  whole number                      default 10000
//	slo*:       {within*: TIME, ratio: SHARE, errors: SHARE}
//	                                              default ratio 99%, errors 0.1%
//	engines:    [ENGINE, ...]                     default every engine there is
//	rates:      [RATE | {rate*: RATE, for: TIME, route: NAME}, ...]
//	                                              measured besides the load line; default for 5s
//	search:     true | false                      false: no load line, rates only
//	expect:     [{engine*: ENGINE, versus: ENGINE | {engine: ENGINE, route: NAME},
//	              at: RATE | SHARE,               default at the load line
//	              route: NAME, step: NAME, MEASURE: BOUND, ...}, ...]
//	claim:      text                              what the expectations are evidence for
//	control:    {KEY: ..., ...}                   the keys that differ where they must be missed
//
//	STEP:   {await: UPSTREAM, op: NAME}
//	        {call: UPSTREAM, op: NAME}
//	        {compute: DIST, op: NAME}             CPU work
//	        {block: DIST, op: NAME}
//	        {hold: RESOURCE, steps*: [STEP, ...]}
//	        {parallel: [[STEP, ...], ...], op: NAME}
//	        {choice: [{p*: SHARE, steps*: [STEP, ...]}, ...]}
//	DIST:   TIME                                  constant
//	        {constant: TIME} | {uniform: {from: TIME, to: TIME}}
//	        {exponential: TIME}                   its mean
//	        {lognormal: {p50: TIME, p99: TIME}}
//	        {empirical: [TIME, ...]}              each as likely
//	TIME:   150us, 8ms, 1.5s, 2m, 1h30m           as in Go; never without a unit
//	RATE:   500 or 500/s                          requests per second
//	SHARE:  0.99 or 99%
//	MEASURE: load-line, wall, p99, ...            one of [model.Measures]
//	BOUND:  ">= 900/s", "<= 50ms", ">= 2x"        in the measure's unit, or with versus a multiple
//	        cpu | not cpu | [cpu, none]           of wall
//	ENGINE: thread, thread:max=500,spare=50, ...  as [model.ParseEngine] reads it
//	NAME:   letters, digits, and . _ - inside
//
// Of YAML's own features, anchors, aliases, merge keys, tags, directives and
// further documents are refused: a document says what a request does in the
// place where one reads it, and its size is the size of what it describes.
package workload
