package host

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestNobodyIsNotRoot(t *testing.T) {
	as, err := Nobody()
	if err != nil {
		t.Fatal(err)
	}
	if own := os.Geteuid(); (as == nil) != (own != 0) {
		t.Errorf("the user %d runs servers as %v", own, as)
	}
	id := exec.Command("id", "-u")
	id.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	out, err := id.Output()
	if err != nil {
		t.Fatal(err)
	}
	if uid, err := strconv.Atoi(strings.TrimSpace(string(out))); err != nil || uid == 0 {
		t.Errorf("who runs servers is the user %q, %v", out, err)
	}
}
