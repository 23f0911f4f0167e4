package importer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/importer/accesslog"
)

const (
	maxPaths  = 20_000 // told apart
	maxSample = 10_000 // service times of one path
	maxLine   = 1 << 20

	// fastest is what no server answers in: it takes a few system calls, which take
	// some microseconds each.
	fastest = 20 * time.Microsecond
)

// What could not be mapped of access logs.
const (
	lostLines   = "lines in no form of access log"
	lostLong    = "lines of more than 1 MiB"
	lostPaths   = "requests of paths past the 20000th"
	lostTimes   = "requests without a time"
	lostService = "requests without a service time: the common and the combined form have none"
	lostUnit    = "service times that are whole numbers below 20 for the most part: no microseconds (Apache's %D), and too coarse if they are seconds (%T); log %D"
	lostError   = "requests answered with 5xx: mapped like the others"
)

// An AccessLog is what is kept of a log: counts by path and by second.
type AccessLog struct {
	Source  string
	lines   int
	by      map[string]*served // by method and path
	perTick ticks
	lost    tallied
	timed   int // lines with a service time,
	tiny    int // and those whose time, a whole number without a unit, is too small for microseconds

	firstNo   string // the first line that could not be read,
	firstLine int    // and which that is
	at        int    // the line that is being read
}

// served is what is kept of one method and path.
type served struct {
	n      int
	timed  int
	sample []time.Duration
}

// ReadAccessLog reads a log to its end, a line at a time; it may be compressed by gzip.
func ReadAccessLog(source string, r io.Reader) (*AccessLog, error) {
	b, err := open(r)
	if err != nil {
		return nil, err
	}
	l := &AccessLog{Source: source, by: map[string]*served{}, perTick: newTicks(), lost: tallied{}}
	rng := rand.New(rand.NewPCG(1, 2)) // the same file gives the same document
	for {
		line, long, err := readLine(b)
		l.at++
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("line %d: %w", l.at, err)
		}
		switch {
		case long:
			l.lost[lostLong]++
		case strings.TrimSpace(line) != "":
			l.add(line, rng)
		}
		if err == io.EOF {
			break
		}
	}
	if 2*l.tiny > l.timed {
		l.forgetTimes()
	}
	if len(l.by) == 0 {
		if n := l.lost[lostLong]; l.lines == 0 && n > 0 {
			return nil, &Error{Text: fmt.Sprintf("all it holds is %d × %s, which no access log has", n, lostLong), Hint: "give an access log, with a line for each request; traces are for --otlp"}
		}
		if l.lines == 0 {
			return nil, errEmpty
		}
		hint := "give an access log in the common or combined format, or with a JSON object a line that has a method and a path"
		if strings.HasPrefix(l.firstNo, "{") && !strings.HasSuffix(l.firstNo, "}") {
			hint += "; traces are for --otlp"
		}
		return nil, &Error{Line: l.firstLine, Column: 1, Text: fmt.Sprintf("none of the %d lines is in the common or combined log format or JSON; the first is %.80q", l.lines, l.firstNo), Hint: hint}
	}
	return l, nil
}

// readLine reads a line of at most maxLine bytes, or skips a longer one.
func readLine(b *bufio.Reader) (line string, long bool, err error) {
	var buf []byte
	for {
		part, err := b.ReadSlice('\n')
		if long = long || len(buf)+len(part) > maxLine; !long {
			buf = append(buf, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(buf), long, err
		}
	}
}

func (l *AccessLog) add(line string, rng *rand.Rand) {
	l.lines++
	e, err := accesslog.Parse(line)
	if err != nil {
		if l.lost[lostLines]++; l.firstNo == "" {
			l.firstNo, l.firstLine = strings.TrimSpace(line), l.at
		}
		return
	}
	if y := e.At.Year(); y < 1970 || y > 2200 { // of no clock
		l.lost[lostTimes]++
	} else {
		l.perTick.add(e.At.Unix())
	}
	key := e.Method + " " + foldIDs(e.Path)
	s := l.by[key]
	if s == nil {
		if len(l.by) >= maxPaths {
			l.lost[lostPaths]++
			return
		}
		s = &served{}
		l.by[strings.Clone(key)] = s
	}
	s.n++
	if e.Status >= 500 {
		l.lost[lostError]++
	}
	if e.Took < 0 {
		l.lost[lostService]++
		return
	}
	l.timed++
	if e.Whole && e.Took < fastest {
		l.tiny++
	}
	s.timed++
	if len(s.sample) < maxSample {
		s.sample = append(s.sample, e.Took)
	} else if i := rng.IntN(s.timed); i < maxSample { // Vitter's algorithm R
		s.sample[i] = e.Took
	}
}

// forgetTimes leaves service times out that were taken to be in microseconds.
func (l *AccessLog) forgetTimes() {
	for _, s := range l.by {
		l.lost[lostUnit] += s.timed
		s.timed, s.sample = 0, nil
	}
}
