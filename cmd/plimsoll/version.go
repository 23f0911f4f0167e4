package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// versionCmd prints which build this is.
type versionCmd struct{}

// Run writes one line.
func (versionCmd) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, version())
	return err
}

// version describes this build as the toolchain recorded it: the module's
// version where it was installed by one, the commit where it was built in a
// checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "plimsoll (no build information) " + platform()
	}
	return "plimsoll " + describe(info) + " " + platform()
}

func platform() string {
	return runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

func describe(info *debug.BuildInfo) string {
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	commit := set["vcs.revision"]
	if commit == "" {
		return v
	}
	if len(commit) > 12 {
		commit = commit[:12]
	}
	if set["vcs.modified"] == "true" {
		commit += ", modified"
	}
	return fmt.Sprintf("%s (commit %s)", v, commit)
}
