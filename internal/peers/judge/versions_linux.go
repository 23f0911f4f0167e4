package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/peers"
)

// machine is what the figures depend on.
func machine() string {
	d := host.Describe()
	return fmt.Sprintf("%s; %d CPUs; %s %s; %s", d.CPU, len(d.CPUs), d.OS, d.Kernel, d.Go)
}

// versions names the Debian packages that the fleet needs, with their versions.
func versions(fleet []peers.Peer) ([]string, error) {
	var all []string
	for _, p := range fleet {
		all = append(all, p.Packages...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	found := []string{"Go " + strings.TrimPrefix(runtime.Version(), "go")}
	if len(all) == 0 {
		return found, nil
	}
	out, err := exec.Command("dpkg-query", append([]string{"--show", "--showformat=${Package} ${Version}\n"}, all...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("ask for the versions of %s: %w", strings.Join(all, ", "), err)
	}
	return append(found, strings.Split(strings.TrimSpace(string(out)), "\n")...), nil
}
