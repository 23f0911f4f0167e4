package analysis

import "testing"

// The middle of an interval has no more figures than the interval lets it have.
func TestALineIsPrintedToTheFiguresThatAreKnown(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{4590, 4810, "4,700"}, // to 5 %
		{1071, 1125, "1,100"},
		{1061, 1101, "1,080"},
		{131, 141, "136"},
		{2895, 3825, "3,300"}, // to 30 %
		{0.284, 0.998, "0.5"}, // only the order of magnitude
		{0, 12, "0"},
	} {
		if got := between(c.low, c.high); got != c.want {
			t.Errorf("%v … %v: %s, want %s", c.low, c.high, got, c.want)
		}
	}
}

func TestOneOfSomethingIsSaidSo(t *testing.T) {
	for got, want := range map[string]string{
		waiting(1.2, "request"):                         "1 request waiting",
		waiting(1244, "request"):                        "1,244 requests waiting",
		allOf(1, "its cpu workers"):                     "the only one of its cpu workers",
		allOf(100, "inventory-pool"):                    "all 100 of inventory-pool",
		areAll(1):                                       "is",
		becauseInside(Wall{Kind: "carriers-pinned"}, 1): "the only one of its carriers is pinned",
		becauseInside(Wall{Kind: "carriers-pinned"}, 8): "all 8 of its carriers are pinned",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestFiguresOfAnySizeArePrinted(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.00123: "0.00123", 0.0001: "0.0001", 1e-9: "1e-09", -1e-300: "-1e-300", 5e-324: "4.94e-324", 99.96: "100", 1234.5: "1,234", -1e6: "-1,000,000"} {
		if got := Grouped(x); got != want {
			t.Errorf("%g is printed as %s, want %s", x, got, want)
		}
	}
}
