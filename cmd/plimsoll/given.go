package main

import (
	"fmt"
	"io"
	"os"
)

// What files may hold that are read as a whole. Servers take 8 KiB of headers, or
// a little more, and few take a body as large as this.
const (
	maxHeaders = 1 << 20
	maxBody    = 64 << 20
)

// readGiven reads a file of at most so many bytes. A larger one may have no end, as
// a device, and is not read any further.
func readGiven(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%s has more than %d MiB, which is all that is read", path, most>>20)
	}
	return b, err
}
