package record

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// fromJava was written by HdrHistogram 2.1.11 (Java), Histogram(1, 3600000000,
// 3): 100, 200, … 1,000,000 once each, 0 five times, 3,600,000,000 once. Java
// says of it: p50 499,967, p99 990,207, mean 859,512.4, max 3,600,809,983.
const fromJava = "HISTFAAAAJF4nJNpmSzMwCByiwECmKE0I4i4NnkJg/0HiADXUUYmstFERqZEomA8kz6VoS6TKJP4IMeiTJxgyD1KU0RzMjGjQNZR/ih/APnMTEwMCISdOSoxKjEqMUwlWJhACJMalRiVGJUY9hIsbGwsYAilMBmjEqMSoxLDVYKLhwsC0OlRiVGJUYmBl2BavIeRCQALVYVo"

func us(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

func TestAHistogramWrittenByJavaIsReadAlike(t *testing.T) {
	h, err := DecodeHist(fromJava)
	if err != nil {
		t.Fatal(err)
	}
	if h.Count() != 10_006 || h.Quantile(0.5) != us(499_967) || h.Quantile(0.99) != us(990_207) || h.Max() != us(3_600_809_983) {
		t.Errorf("count %d, p50 %v, p99 %v, max %v", h.Count(), h.Quantile(0.5), h.Quantile(0.99), h.Max())
	}
	if mean := h.Mean(); mean.Round(us(1)) != us(859_512) {
		t.Errorf("mean %v", mean)
	}
}

func TestWhatIsEncodedOthersDecode(t *testing.T) {
	h := NewHist()
	for i := range int64(10_000) {
		h.Record(us(100 * (i + 1)))
	}
	h.RecordN(0, 5)
	h.Record(time.Hour)
	s, err := h.Encode()
	if err != nil || !strings.HasPrefix(s, "HISTFAAAA") {
		t.Fatalf("%q, error %v", s, err)
	}
	ours, err := hdr.Decode([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	java, err := hdr.Decode([]byte(fromJava))
	if err != nil {
		t.Fatal(err)
	}
	if !ours.Equals(java) {
		t.Error("the same values encoded here and by Java are not the same histogram")
	}
}

// Verdicts are derived again from the file, so nothing may depend on what the
// encoding loses.
func TestAnswersAreTheSameBeforeAndAfterEncoding(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 1000} {
		h := NewHist()
		for range n {
			h.Record(time.Duration(math.Exp(r.Float64()*30)) - 5)
		}
		s, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		d, err := DecodeHist(s)
		if err != nil {
			t.Fatal(err)
		}
		if d.Count() != h.Count() || d.Mean() != h.Mean() || d.Max() != h.Max() {
			t.Errorf("%d values: count, mean, max %d %v %v, were %d %v %v", n, d.Count(), d.Mean(), d.Max(), h.Count(), h.Mean(), h.Max())
		}
		for _, p := range []float64{0, 0.001, 0.5, 0.99, 0.999, 1} {
			if d.Quantile(p) != h.Quantile(p) || d.Within(h.Quantile(p)) != h.Within(h.Quantile(p)) {
				t.Errorf("%d values: quantile %g is %v, was %v", n, p, d.Quantile(p), h.Quantile(p))
			}
		}
		if again, _ := d.Encode(); again != s {
			t.Errorf("%d values: encoded again it differs", n)
		}
	}
}

// The definition, on the sorted values: the smallest that a share p does not exceed.
func TestQuantileMeanMaxAndWithinAgainstTheSortedValues(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := 1; n < 400; n += 1 + n/7 {
		h, all := NewHist(), []time.Duration{}
		var sum float64
		for range n {
			v := us(int64(math.Exp(r.Float64() * 21))) // to 1,300 s
			h.Record(v)
			all = append(all, v)
			sum += float64(v)
		}
		slices.Sort(all)
		for k := 1; k <= n; k++ { // p = k/n is exactly the k-th value's share
			got, want := h.Quantile(float64(k)/float64(n)), all[k-1]
			if got < want || float64(got) > float64(want)*1.001 {
				t.Fatalf("%d values: quantile %d/%d is %v, want %v to 0.1%% above", n, k, n, got, want)
			}
			if within := h.Within(want); within < int64(k) || within > int64(n) {
				t.Fatalf("%d values: %d within the %d-th, %v", n, within, k, want)
			}
		}
		if h.Quantile(0) < all[0] || h.Quantile(0) > h.Quantile(1/float64(n)) || h.Quantile(1) != h.Max() || h.Max() < all[n-1] {
			t.Fatalf("%d values: quantile 0 %v and 1 %v, max %v", n, h.Quantile(0), h.Quantile(1), h.Max())
		}
		if mean := sum / float64(n); math.Abs(float64(h.Mean())-mean) > mean*0.0005+1000 {
			t.Fatalf("%d values: mean %v, want %v", n, h.Mean(), time.Duration(mean))
		}
	}
}

func TestTheRankIsNeverRoundedDown(t *testing.T) {
	h := NewHist()
	for i := range int64(20) {
		h.Record(us(i + 1))
	}
	for p, want := range map[float64]int64{0.9: 18, 0.91: 19, 0.95: 19, 0.951: 20, 0.05: 1, 0.0501: 2, 0.5: 10, 0.501: 11, -1: 1, 2: 20} {
		if got := h.Quantile(p); got != us(want) {
			t.Errorf("quantile %g of 1…20 µs is %v, want %d µs", p, got, want)
		}
	}
	for range 4 {
		h.Merge(copyOf(h))
	}
	if h.Count() != 320 || h.Quantile(0.07) != us(2) {
		t.Errorf("count %d, p7 %v", h.Count(), h.Quantile(0.07))
	}
}

func copyOf(h *Hist) *Hist {
	c := NewHist()
	c.Merge(h)
	return c
}

func TestBelowAndAboveTheRangeIsCountedAtItsEdge(t *testing.T) {
	h := NewHist()
	for _, d := range []time.Duration{-time.Second, 0, 499, 500, 1499, 3 * time.Hour, math.MaxInt64, math.MinInt64} {
		h.Record(d)
	}
	// -1 s, 0, 499 ns and the minimum at 0; 500 and 1499 ns at 1 µs; two at 1 h.
	if h.Count() != 8 || h.Within(0) != 4 || h.Within(us(1)) != 6 || h.Within(-1) != 0 || h.Within(math.MaxInt64) != 8 {
		t.Errorf("count %d, within 0: %d, 1 µs: %d, below: %d, all: %d", h.Count(), h.Within(0), h.Within(us(1)), h.Within(-1), h.Within(math.MaxInt64))
	}
	if h.Max() < HistHighest || h.Max() > HistHighest+HistHighest/1000 {
		t.Errorf("max %v", h.Max())
	}
	if h.Reset(); h.Count() != 0 || h.Max() != 0 || h.Mean() != 0 || h.Quantile(0.5) != 0 || h.Within(time.Hour) != 0 {
		t.Errorf("after reset: count %d, max %v, mean %v", h.Count(), h.Max(), h.Mean())
	}
}

func TestAHistogramOfAnotherShapeIsRefused(t *testing.T) {
	b, err := hdr.New(1, 1000, 2).Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{string(b), "", "HISTFAAAA", fromJava[:40], "not base64"} {
		if _, err := DecodeHist(s); err == nil {
			t.Errorf("%.20q was decoded", s)
		}
	}
	if _, err := DecodeHist(string(b)); !strings.Contains(err.Error(), "1 to 1000 with 2 digits") {
		t.Errorf("error %v", err)
	}
}

func TestAHistogramRowTellsWhatDoesNotFit(t *testing.T) {
	h := NewHist()
	h.Record(us(42))
	var row Histogram
	if err := row.Set(h); err != nil {
		t.Fatal(err)
	}
	if back, err := row.Hist(); err != nil || back.Max() != us(42) {
		t.Fatalf("error %v", err)
	}
	for name, damage := range map[string]func(*Histogram){
		"unit":  func(r *Histogram) { r.Unit = "ns" },
		"count": func(r *Histogram) { r.Count++ },
		"hdr":   func(r *Histogram) { r.HDR = r.HDR[:20] },
	} {
		r := row
		damage(&r)
		if _, err := r.Hist(); err == nil {
			t.Errorf("damaged %s: no error", name)
		}
	}
}
