package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/accuracy"
	"github.com/plimsoll-dev/plimsoll/internal/peers"
)

// A judge has a prober look at servers.
type judge struct {
	prober []string
	keep   string
	within time.Duration
}

// try starts a peer, has it probed, and stops it. The error is about the peer;
// what goes wrong with the prober is part of the trial.
func (j *judge) try(ctx context.Context, p peers.Peer, ms int) (_ *accuracy.Trial, err error) {
	r, err := p.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := r.Stop(); err == nil {
			err = e
		}
	}()
	url := target(r, ms)
	t := &accuracy.Trial{
		Peer: p.Name, Target: strings.TrimPrefix(url, r.Base),
		Truth: accuracy.Truth{Kind: p.Wall.Kind, Low: p.Wall.Low, High: p.Wall.High, Also: p.Wall.Also, Because: p.Wall.Because},
	}
	ctx, cancel := context.WithTimeout(ctx, j.within)
	defer cancel()
	args := slices.Concat(j.prober[1:], []string{"--heavy", url, "--canary", r.CanaryURL(), "--json", "-"})
	kept := filepath.Join(j.keep, strings.ReplaceAll(p.Name, "/", "_"))
	if j.keep != "" {
		if err := os.MkdirAll(j.keep, 0o755); err != nil {
			return nil, err
		}
		args = append(args, "--record", kept+".jsonl")
	}
	c := exec.CommandContext(ctx, j.prober[0], args...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) } // so that it may leave the server as found
	c.WaitDelay = 10 * time.Second
	var out, words bytes.Buffer
	c.Stdout, c.Stderr = &out, &words
	start := time.Now()
	ended := c.Run() // 3, for instance, is void: the verdict says so
	t.Seconds = time.Since(start).Seconds()
	if j.keep != "" {
		if err := errors.Join(os.WriteFile(kept+".json", out.Bytes(), 0o644), os.WriteFile(kept+".txt", words.Bytes(), 0o644)); err != nil {
			return nil, err
		}
	}
	verdict, err := accuracy.Decode(out.Bytes())
	if err != nil {
		t.Err = fmt.Sprintf("%v (%v)", lastLine(words.String()), ended)
		return t, nil
	}
	t.Verdict = verdict
	return t, nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
