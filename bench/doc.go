// Package bench compares engines with servers of others. It is a module of its
// own, so that those are nobody's dependencies.
package bench
