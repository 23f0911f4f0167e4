package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// createRecord makes the record that --record names, and returns its path. If that
// names none, it is a new one called after what is measured and the time, to the
// second: another run's that has begun in the same one is left alone.
func createRecord(named, what string, at time.Time) (*record.Writer, string, error) {
	if named != "" {
		w, err := record.Create(named)
		return w, named, err
	}
	stem := fmt.Sprintf("plimsoll-%s-%s", what, at.Format("20060102-150405"))
	path := stem + ".jsonl"
	for n := 2; ; n++ {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err == nil {
			f.Close()
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, "", fmt.Errorf("record: create: %w; name another place by --record", err)
		}
		path = fmt.Sprintf("%s-%d.jsonl", stem, n)
	}
	w, err := record.Create(path)
	return w, path, err
}
