package model

import (
	"fmt"
	"strings"
)

// A Balancer is the policy by which requests are given to identical instances of
// a service. The zero Balancer is [RoundRobin], the default of nginx and HAProxy.
type Balancer string

// The policies. Connections are counted as the balancer sees them: a request that
// its client has given up counts no more, although its instance may still work on it.
const (
	RandomInstance   Balancer = "random"            // each as likely
	RoundRobin       Balancer = "round-robin"       // one after the other
	LeastConnections Balancer = "least-connections" // one of those with the fewest requests open
	TwoChoices       Balancer = "two-choices"       // of two chosen at random, the one with fewer (Mitzenmacher, 2001)
)

// Balancers are all policies.
var Balancers = []Balancer{RandomInstance, RoundRobin, LeastConnections, TwoChoices}

// ParseBalancer returns the policy of that name; "" is the default.
func ParseBalancer(name string) (Balancer, error) {
	known := make([]string, len(Balancers))
	for i, b := range Balancers {
		known[i] = string(b)
		if name == known[i] {
			return b, nil
		}
	}
	if name == "" {
		return RoundRobin, nil
	}
	return "", fmt.Errorf("unknown balancer %q%s; write one of %s", name, didYouMean(name, known), strings.Join(known, ", "))
}
