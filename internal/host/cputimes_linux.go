package host

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// ReadCPUTimes returns the counters of every CPU, from /proc/stat. The
// difference of two is what happened between.
func ReadCPUTimes() (CPUTimes, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return nil, fmt.Errorf("host: read CPU times: %w", err)
	}
	return parseCPUTimes(b)
}

func parseCPUTimes(b []byte) (CPUTimes, error) {
	times := CPUTimes{}
	for line := range bytes.Lines(b) {
		f := bytes.Fields(line)
		if len(f) < 9 || !bytes.HasPrefix(f[0], []byte("cpu")) || len(f[0]) == len("cpu") {
			continue
		}
		cpu, err := strconv.Atoi(string(f[0][3:]))
		if err != nil {
			continue
		}
		// user nice system idle iowait irq softirq steal; guest is part of user.
		var v [8]time.Duration
		for i := range v {
			ticks, err := strconv.ParseInt(string(f[i+1]), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("host: read CPU times: %q: %w", line, err)
			}
			v[i] = time.Duration(ticks) * clockTick
		}
		times[cpu] = CPUTime{Busy: v[0] + v[1] + v[2] + v[5] + v[6], Steal: v[7]}
	}
	if len(times) == 0 {
		return nil, fmt.Errorf("host: read CPU times: no CPU in %.80q", b)
	}
	return times, nil
}
