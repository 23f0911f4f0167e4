//go:build !linux

package load

import (
	"context"
	"errors"
)

// ErrUnsupported is returned by [Run] on systems other than Linux.
var ErrUnsupported = errors.New("load: sending needs Linux (epoll); run it there, and read its record here")

// Run returns [ErrUnsupported] on this system.
func Run(context.Context, Config, func(Second)) (Summary, error) {
	return Summary{}, ErrUnsupported
}
