package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"net/textproto"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/probe"
)

// probeHeaderEnv is where headers may stand besides --header-file.
const probeHeaderEnv = "PLIMSOLL_PROBE_HEADERS"

// processID is the number of a process; 0: none was given.
type processID int

// UnmarshalText reads what a person wrote, or what pgrep found for him, which may
// be nothing, or several.
func (p *processID) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || n < 1 {
		return fmt.Errorf("%.40q is not a process; write the number of the one that listens, as `ss -tlnp` shows it", text)
	}
	*p = processID(n)
	return nil
}

func (c *probeCmd) config() (probe.Config, error) {
	header, err := c.headers()
	if err != nil {
		return probe.Config{}, err
	}
	cfg := probe.Config{
		Heavy:          probe.Request{Method: strings.ToUpper(c.Method), URL: c.Heavy, Header: header, Body: []byte(c.Body)},
		MaxConcurrency: c.MaxConcurrency, MaxTime: c.MaxTime, CanaryBudget: c.CanaryBudget,
		Authorised: c.IAmAuthorised, AllowUnsafe: c.AllowUnsafe,
	}
	if c.Insecure {
		cfg.TLS = &tls.Config{InsecureSkipVerify: true}
	}
	if file, ok := strings.CutPrefix(c.Body, "@"); ok {
		if cfg.Heavy.Body, err = readGiven(file, maxBody); err != nil {
			return cfg, fmt.Errorf("--body: %w", err)
		}
	}
	// Credentials are the service's, and nobody else's.
	beside := func(address string) *probe.Request {
		r := &probe.Request{URL: address}
		if sameHost(address, c.Heavy) {
			r.Header = header
		}
		return r
	}
	if c.Canary != "" {
		cfg.Canary = beside(c.Canary)
	}
	if c.Metrics != "" {
		cfg.Metrics = beside(c.Metrics)
	}
	if c.MS != "" {
		from, to, ok := strings.Cut(c.MS, "..")
		var errFrom, errTo error
		cfg.Shortest, errFrom = strconv.Atoi(from)
		cfg.Longest, errTo = strconv.Atoi(to)
		if !ok || errFrom != nil || errTo != nil || cfg.Shortest < 1 {
			return cfg, fmt.Errorf("--ms=%s: write two times in milliseconds, as 100..400", c.MS)
		}
	}
	cfg.Machine = machine
	return cfg, c.inside(&cfg)
}

// machine says what the CPUs of this machine have done.
func machine() (probe.Machine, error) {
	times, err := host.ReadCPUTimes()
	m := probe.Machine{CPUs: len(times)}
	for _, t := range times {
		m.Busy += t.Busy
		m.Steal += t.Steal
	}
	return m, err
}

// inside has the service's process looked at, if its number was given.
func (c *probeCmd) inside(cfg *probe.Config) error {
	if c.PID == 0 {
		return nil
	}
	pid := int(c.PID)
	if _, err := host.SampleTree(pid); err != nil {
		return fmt.Errorf("--pid=%d: %w; write the number of a process of this machine, as ps shows it", pid, err)
	}
	cfg.Inside = func() (probe.Inside, error) {
		t, err := host.SampleTree(pid)
		return probe.Inside(t), err
	}
	cfg.Serves = func(service netip.AddrPort) error { return host.Serves(pid, service) }
	return nil
}

// sameHost reports whether two addresses lead to the same host by the same
// scheme; ports may differ, as those of an application and its metrics do.
func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Scheme == y.Scheme && strings.EqualFold(x.Hostname(), y.Hostname())
}

// headers reads the header file, or else the environment. Its errors say where
// something is wrong, and never what stands there.
func (c *probeCmd) headers() (http.Header, error) {
	text, where := os.Getenv(probeHeaderEnv), probeHeaderEnv
	if c.HeaderFile != "" {
		b, err := readGiven(c.HeaderFile, maxHeaders)
		if err != nil {
			return nil, fmt.Errorf("--header-file: %w", err)
		}
		text, where = string(b), c.HeaderFile
	}
	header := http.Header{}
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(name, " \t") || name == "" {
			return nil, fmt.Errorf("%s, line %d, is not a header; write NAME: VALUE", where, n)
		}
		header.Add(textproto.CanonicalMIMEHeaderKey(name), strings.TrimSpace(value))
	}
	return header, lines.Err()
}
