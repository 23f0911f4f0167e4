package synthetic

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// block keeps its OS thread in a system call for that long, as native code or
// a file system would: no runtime can take the thread back.
func block(d time.Duration) error {
	left := unix.NsecToTimespec(int64(d))
	for {
		err := unix.Nanosleep(&left, &left)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
