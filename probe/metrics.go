package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/plimsoll-dev/plimsoll/probe/internal/exposition"
)

// largestPage is how much of metrics is read; the largest services show a few
// megabytes. mostSeries is how many of them are kept.
const (
	largestPage = 8 << 20
	mostSeries  = 200
)

// scrape asks for the service's metrics once, on a connection of its own, and
// returns those that mean something to the judge, by their series.
func (r *runner) scrape(ctx context.Context, m *message) (values map[string]float64, left int, err error) {
	l := r.open(ctx, m, slowest)
	if l.err != nil {
		return nil, 0, unreachable(m, l.err)
	}
	defer l.close()
	l.conn.SetDeadline(time.Now().Add(slowest))
	stop := context.AfterFunc(ctx, func() { l.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := l.conn.Write(m.once); err != nil {
		return nil, 0, unreachable(m, err)
	}
	resp, err := l.response(m)
	if err != nil {
		return nil, 0, unreachable(m, err)
	}
	defer resp.Body.Close()
	p, err := series(resp)
	if err != nil {
		return nil, 0, err
	}
	return p.values, len(p.left), nil
}

// prepareMetrics returns the message that asks for metrics, as they are.
func (r *Request) prepareMetrics() (*message, error) {
	plain := *r
	plain.Header = r.Header.Clone()
	plain.Header.Del("Accept-Encoding")
	return plain.prepare(0)
}

// A page is what is kept of a page of metrics.
type page struct {
	values    map[string]float64
	left      map[string]bool // series that were left out, because there are too many
	instances []string        // the services that it is about, where it says so
}

func (p *page) add(s *exposition.Sample) {
	key, ok := keyOf(s)
	if !ok || math.IsNaN(s.Value) || math.IsInf(s.Value, 0) { // an exporter's word for nothing, or for no limit
		return
	}
	if name := s.Get("instance"); name != "" && !slices.Contains(p.instances, name) && len(p.instances) < 3 {
		p.instances = append(p.instances, name)
	}
	have, more := p.values[key]
	switch {
	case !more && len(p.values) == mostSeries:
		p.left[key] = true
	case more && slices.Contains(unsummed, s.Name):
		p.values[key] = max(have, s.Value)
	default:
		p.values[key] = have + s.Value
	}
}

// series reads an answer with metrics. Its errors say what it is instead.
func series(resp *http.Response) (*page, error) {
	if resp.StatusCode != http.StatusOK {
		if err := usable(resp); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("the answer is %s, without metrics", status(resp))
	}
	p := &page{values: map[string]float64{}, left: map[string]bool{}}
	body := &ending{r: resp.Body}
	err := exposition.Read(body, largestPage, p.add)
	const instead = "write the URL that Prometheus scrapes, as http://HOST:PORT/metrics"
	switch kind := resp.Header.Get("Content-Type"); {
	case errors.Is(err, exposition.ErrTooLarge):
		return nil, fmt.Errorf("its metrics are %w", err)
	case errors.Is(err, io.ErrUnexpectedEOF), err != nil && failure(err) != statusRefused:
		return nil, fmt.Errorf("the answer was cut off: %w", err)
	case err != nil && resp.Header.Get("Content-Encoding") != "":
		return nil, errors.New("the answer is compressed, although that was not asked for; have the service show its metrics as plain text")
	case err != nil && strings.HasPrefix(kind, "text/html"):
		return nil, fmt.Errorf("the answer is a web page; %s", instead)
	case err != nil:
		return nil, fmt.Errorf("the answer is not in Prometheus's text format: %w; %s", err, instead)
	case resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && body.last != '\n':
		return nil, errors.New("the answer was cut off: its last line does not end") // nothing else says how long it is
	case len(p.instances) > 1:
		return nil, fmt.Errorf("it shows the metrics of several instances (%s), of which one is probed; write the URL of that one's own", p.about())
	case len(p.values) == 0:
		return nil, errors.New("it shows no metric that says something of CPU time, threads, event loops or pools")
	}
	return p, nil
}

// about names two of the services that a page is about.
func (p *page) about() string {
	text := strconv.Quote(legible(p.instances[0], 60)) + ", " + strconv.Quote(legible(p.instances[1], 60))
	if len(p.instances) > 2 {
		text += ", …"
	}
	return text
}

// An ending is a reader that knows the last byte that was read.
type ending struct {
	r    io.Reader
	last byte
}

func (e *ending) Read(b []byte) (n int, err error) {
	if n, err = e.r.Read(b); n > 0 {
		e.last = b[n-1]
	}
	return n, err
}

// identities are the labels that tell the pools of one service apart. Others are
// the same for all, or are anybody's text, which a record has no need of.
var identities = []string{"name", "pool", "db_name", "index", "id", "remote_address", "pool_name", "state"}

// keyOf returns what a sample is called in the record, if it is of a family that
// the judge knows: as in the page, with the labels that identify a pool.
func keyOf(s *exposition.Sample) (string, bool) {
	if !slices.Contains(families, s.Name) {
		return "", false
	}
	var labels []string
	for _, name := range identities {
		if v := s.Get(name); v != "" {
			labels = append(labels, name+"="+strconv.Quote(legible(v, 60)))
		}
	}
	if len(labels) == 0 {
		return s.Name, true
	}
	return s.Name + "{" + strings.Join(labels, ",") + "}", true
}

// legible is a service's text as it may stand in a report: printable, and of so
// many characters at most.
func legible(v string, most int) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, v))
	return string(runes[:min(len(runes), most)])
}
