package event

// Sharing is egalitarian processor sharing, exact: n jobs on c processors each
// advance at the rate min(1, c/n). It keeps a virtual clock that runs at that
// rate, on which a job ends when it has advanced by the job's work (Kleinrock's
// processor sharing, as in fair queueing: Demers, Keshav and Shenker, SIGCOMM
// 1989). It is the limit of a round robin whose quantum goes to 0.
type Sharing struct {
	processors float64
	virtual    float64 // nanoseconds of work that each job has had since the start
	at         int64
	jobs       []share // a binary heap by end
	seq        uint64
}

type share struct {
	end float64 // on the virtual clock
	seq uint64
	id  int32
}

func (s *share) before(o *share) bool { return s.end < o.end || s.end == o.end && s.seq < o.seq }

// NewSharing returns processors with no jobs.
func NewSharing(processors int) *Sharing { return &Sharing{processors: float64(processors)} }

// Len returns the number of jobs.
func (s *Sharing) Len() int { return len(s.jobs) }

func (s *Sharing) rate() float64 { return min(1, s.processors/float64(max(1, len(s.jobs)))) }

func (s *Sharing) advance(now int64) {
	s.virtual += float64(now-s.at) * s.rate()
	s.at = now
}

// Add begins a job of so much work, nanoseconds on a processor of its own.
func (s *Sharing) Add(now int64, id int32, work int64) {
	s.advance(now)
	if len(s.jobs) == 0 {
		s.virtual = 0 // nobody's end is on the clock: it keeps its precision however long a run is
	}
	s.seq++
	s.jobs = append(s.jobs, share{s.virtual + float64(work), s.seq, id})
	for i := len(s.jobs) - 1; i > 0; {
		up := (i - 1) / 2
		if !s.jobs[i].before(&s.jobs[up]) {
			break
		}
		s.jobs[i], s.jobs[up] = s.jobs[up], s.jobs[i]
		i = up
	}
}

// Next returns when the first job will end if none is added before, to the next
// whole nanosecond; there must be a job.
func (s *Sharing) Next() int64 {
	left := (s.jobs[0].end - s.virtual) / s.rate()
	at := s.at + int64(left)
	if float64(at-s.at) < left {
		at++
	}
	return max(at, s.at)
}

// Take ends the first job, at the time that [Sharing.Next] said.
func (s *Sharing) Take(now int64) (id int32) {
	s.advance(now)
	id = s.jobs[0].id
	n := len(s.jobs) - 1
	s.jobs[0] = s.jobs[n]
	s.jobs = s.jobs[:n]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < n; c++ {
			if s.jobs[c].before(&s.jobs[least]) {
				least = c
			}
		}
		if least == i {
			return id
		}
		s.jobs[i], s.jobs[least] = s.jobs[least], s.jobs[i]
		i = least
	}
}
