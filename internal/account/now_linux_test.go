package account

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestNowIsCLOCKMONOTONIC(t *testing.T) {
	monotonic := func() int64 {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
			t.Fatal(err)
		}
		return ts.Nano()
	}
	const slack = 1000 // of the calibration, ns
	for range 1000 {
		before, now, after := monotonic(), Now(), monotonic()
		if now < before-slack || now > after+slack {
			t.Fatalf("%d is not between %d and %d", now, before, after)
		}
	}
}
