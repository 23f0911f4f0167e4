//go:build race

package probe

// raced is whether the race detector watches, under which large services take
// too long; they are probed without it.
const raced = true
