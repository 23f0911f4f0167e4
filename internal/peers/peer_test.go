package peers

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestAPeersSizeDependsOnTheSeedAndItsNameAlone(t *testing.T) {
	if !reflect.DeepEqual(Fleet(7), Fleet(7)) {
		t.Error("the same seed draws other sizes")
	}
	one, other := Fleet(1), Fleet(2)
	changed := 0
	for i := range one {
		if one[i].N != other[i].N {
			changed++
		}
	}
	if changed < len(one)/3 {
		t.Errorf("only %d of %d sizes follow the seed", changed, len(one))
	}
	d := draw{7}
	seen := map[int]bool{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		n := d.between(name, 3, 5)
		if n < 3 || n > 5 {
			t.Errorf("%s: %d is not in 3–5", name, n)
		}
		seen[n] = true
	}
	if len(seen) < 2 {
		t.Error("every name draws the same")
	}
}

func TestWaitsAreChosenByTheProberInSomeCases(t *testing.T) {
	none := 0
	fleet := Fleet(1)
	for _, p := range fleet {
		switch ms := Wait(1, p.Name); {
		case ms == 0:
			none++
		case ms < 80 || ms > 500:
			t.Errorf("%s waits %d ms", p.Name, ms)
		}
	}
	if none < len(fleet)/4 || none > len(fleet)*3/4 {
		t.Errorf("%d of %d leave the wait to the prober", none, len(fleet))
	}
}

// A prober tries 512 at a time, and the truth a quarter more than the size.
func TestEveryPeerSaysWhatItIs(t *testing.T) {
	names := map[string]bool{}
	for seed := range uint64(50) {
		for _, p := range Fleet(seed) {
			w := p.Wall
			switch sized := w.Kind != CPU && w.Kind != None; {
			case !slices.Contains(Kinds, w.Kind) || w.Kind == Unknown:
				t.Errorf("%s: %q is no wall", p.Name, w.Kind)
			case w.Because == "":
				t.Errorf("%s: nothing says why", p.Name)
			case sized != (w.High > 0) || w.Low > w.High || w.High > 400:
				t.Errorf("%s: a %s of %s", p.Name, w.Kind, w.Size())
			case p.N == 0 || p.Heavy == p.Canary || len(p.Run) == 0 || p.Run[len(p.Run)-1].Port != "PORT":
				t.Errorf("%s: %+v", p.Name, p)
			}
			if seed == 0 && names[p.Name] {
				t.Errorf("two are called %s", p.Name)
			}
			names[p.Name] = true
		}
	}
}

func TestSizesAreWrittenAsPeopleWriteThem(t *testing.T) {
	for want, w := range map[string]Wall{"–": sizeless(None, ""), "7": exactly(SharedPool, 7, ""), "3–9": {Low: 3, High: 9}} {
		if got := w.Size(); got != want {
			t.Errorf("%+v: %s, not %s", w, got, want)
		}
	}
	if w := exactly(SharedPool, 1, ""); !slices.Contains(w.Also, Serial) {
		t.Error("a pool of one is serial")
	}
	if w := exactly(SharedPool, 2, ""); w.Also != nil {
		t.Error("a pool of two is not")
	}
}

// What a peer needs is installed by the script, and what the script installs is
// needed.
func TestTheScriptInstallsThePackagesOfThePeers(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "scripts", "setup-peers"))
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?s)packages='(.*?)'`).FindSubmatch(text)
	if list == nil {
		t.Fatal("no list of packages in scripts/setup-peers")
	}
	installed := strings.Fields(string(list[1]))
	var needed []string
	for _, p := range Fleet(1) {
		needed = append(needed, p.Packages...)
	}
	slices.Sort(needed)
	needed = slices.Compact(needed)
	slices.Sort(installed)
	if !slices.Equal(installed, needed) {
		t.Errorf("installed %v\nneeded    %v", installed, needed)
	}
}
