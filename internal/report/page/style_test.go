package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	rootRule = regexp.MustCompile(`(?s):root \{(.*?)\}`)
	variable = regexp.MustCompile(`--([a-z0-9-]+): #([0-9a-f]{6});`)
)

// themes are the colours of the light and the dark page, by name.
func themes(t *testing.T) map[string]map[string]float64 {
	rules := rootRule.FindAllStringSubmatch(style, -1)
	if len(rules) != 3 {
		t.Fatalf("%d rules for :root; a light, a dark and one for paper are expected", len(rules))
	}
	out := map[string]map[string]float64{}
	for i, name := range []string{"light", "dark"} {
		out[name] = map[string]float64{}
		for _, m := range variable.FindAllStringSubmatch(rules[i][1], -1) {
			out[name][m[1]] = luminance(t, m[2])
		}
	}
	if len(out["light"]) != len(out["dark"]) {
		t.Errorf("%d colours in the light theme, %d in the dark one", len(out["light"]), len(out["dark"]))
	}
	return out
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}

// linear is the lowest byte of n as a component of linear sRGB.
func linear(n uint64) float64 {
	c := float64(n&255) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// WCAG 2.2, success criterion 1.4.3 (AA): text has a contrast of 4.5 to what is
// behind it. Engines' and states' colours carry text of the paper's colour, and
// 1.4.11 asks for 3 of lines, so for them the former is enough.
func TestContrastIsEnough(t *testing.T) {
	for theme, colours := range themes(t) {
		pairs := 0
		check := func(text, behind string) {
			pairs++
			a, okA := colours[text]
			b, okB := colours[behind]
			if !okA || !okB {
				t.Fatalf("%s: there is no colour %s or %s", theme, text, behind)
			}
			if c := contrast(a, b); c < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f; 4.5 is asked", theme, text, behind, c)
			}
		}
		for name := range colours {
			switch name {
			case "paper", "grid", "edge", "wash", "alert-wash", "kept":
			default:
				check(name, "paper")
			}
		}
		for _, text := range []string{"ink", "soft"} {
			check(text, "wash")
		}
		check("ink", "alert-wash")
		check("alert", "alert-wash")
		// 1.4.11: what is drawn, and is no text, has a contrast of 3.
		for _, mark := range []string{"good", "bad", "soft", "ink"} {
			for _, behind := range []string{"kept", "wash"} {
				if c := contrast(colours[mark], colours[behind]); c < 3 {
					t.Errorf("%s: %s on %s has a contrast of %.2f; 3 is asked", theme, mark, behind, c)
				}
			}
		}
		if pairs < 20 {
			t.Errorf("%s: only %d pairs were looked at", theme, pairs)
		}
	}
}

// Neighbours of one theme that print alike would be told by mark and letter only.
func TestEveryEngineHasAColourAndAMarkOfItsOwn(t *testing.T) {
	seen := map[string]int{}
	for i, m := range marks {
		if j, dup := seen[m]; dup {
			t.Errorf("engines %s and %s have the same mark", letter(i), letter(j))
		}
		seen[m] = i
		if !strings.Contains(style, "."+colour(i)+" {") || !strings.Contains(style, "--"+colour(i)+":") {
			t.Errorf("the style sheet has no colour for engine %s", letter(i))
		}
	}
	if letter(0) != "A" || letter(25) != "Z" || letter(26) != "A1" {
		t.Errorf("letters: %s, %s, %s", letter(0), letter(25), letter(26))
	}
}

// A page that asks for nothing has no address in its style sheet either.
func TestTheStyleSheetAsksForNothing(t *testing.T) {
	for _, word := range []string{"url(", "@import", "http", "</"} {
		if strings.Contains(style, word) {
			t.Errorf("the style sheet has %q", word)
		}
	}
}
