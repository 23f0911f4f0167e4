package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionTellsWhereTheBuildCameFrom(t *testing.T) {
	vcs := func(revision, modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: modified}}
	}
	for _, c := range []struct {
		info debug.BuildInfo
		want string
	}{
		{debug.BuildInfo{}, "devel"},
		{debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "devel"},
		{debug.BuildInfo{Main: debug.Module{Version: "v1.2.0"}}, "v1.2.0"},
		{debug.BuildInfo{Settings: vcs("0123456789abcdef", "false")}, "devel (commit 0123456789ab)"},
		{debug.BuildInfo{Settings: vcs("0123456789abcdef", "true")}, "devel (commit 0123456789ab, modified)"},
	} {
		if got := describe(&c.info); got != c.want {
			t.Errorf("describe(%+v) = %q, want %q", c.info, got, c.want)
		}
	}
}
