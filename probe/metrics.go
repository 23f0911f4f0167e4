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
func (r *runner) scrape(ctx context.Context, m *message) (map[string]float64, error) {
	l := r.open(ctx, m, slowest)
	if l.err != nil {
		return nil, unreachable(m, l.err)
	}
	defer l.close()
	l.conn.SetDeadline(time.Now().Add(slowest))
	stop := context.AfterFunc(ctx, func() { l.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := l.conn.Write(m.once); err != nil {
		return nil, unreachable(m, err)
	}
	resp, err := l.response(m)
	if err != nil {
		return nil, unreachable(m, err)
	}
	defer resp.Body.Close()
	return series(resp)
}

// series reads an answer with metrics. Its errors say what it is instead.
func series(resp *http.Response) (map[string]float64, error) {
	if resp.StatusCode != http.StatusOK {
		if err := usable(resp); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("the answer is %s, without metrics", status(resp))
	}
	values := map[string]float64{}
	err := exposition.Read(resp.Body, largestPage, func(s *exposition.Sample) {
		key, ok := keyOf(s)
		if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
			return // an exporter's word for nothing, or for no limit
		}
		if _, more := values[key]; ok && (more || len(values) < mostSeries) {
			values[key] += s.Value
		}
	})
	const instead = "write the URL that Prometheus scrapes, as http://HOST:PORT/metrics"
	switch kind := resp.Header.Get("Content-Type"); {
	case errors.Is(err, exposition.ErrTooLarge):
		return nil, fmt.Errorf("its metrics are %w", err)
	case errors.Is(err, io.ErrUnexpectedEOF), err != nil && failure(err) != statusRefused:
		return nil, fmt.Errorf("the answer was cut off: %w", err)
	case err != nil && strings.HasPrefix(kind, "text/html"):
		return nil, fmt.Errorf("the answer is a web page; %s", instead)
	case err != nil:
		return nil, fmt.Errorf("the answer is not in Prometheus's text format: %w; %s", err, instead)
	case len(values) == 0:
		return nil, errors.New("it shows no metric that says something of CPU time, threads, event loops or pools")
	}
	return values, nil
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
			labels = append(labels, name+"="+strconv.Quote(shown(v)))
		}
	}
	if len(labels) == 0 {
		return s.Name, true
	}
	return s.Name + "{" + strings.Join(labels, ",") + "}", true
}

// shown is a label's value as it may stand in a report: printable, and not long.
func shown(v string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, v))
	return string(runes[:min(len(runes), 60)])
}
