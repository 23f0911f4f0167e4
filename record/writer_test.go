package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func meta() Meta { return Meta{Format: Format, Tool: "plimsoll test"} }

func write(t testing.TB, rows ...Row) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func read(b []byte) (rows []Row, info Info, err error) {
	info, err = Read(bytes.NewReader(b), func(r Row) error { rows = append(rows, r); return nil })
	return rows, info, err
}

func TestEveryKindComesBackAsItWasWritten(t *testing.T) {
	want := everyKind(t)
	b := write(t, want...)
	got, info, err := read(b)
	if err != nil || info.Truncated || info.Unknown != nil || info.Lines != len(want) {
		t.Fatalf("info %+v, error %v", info, err)
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%s\n got %+v\nwant %+v", want[i].Kind(), got[i], want[i])
		}
	}
	for line := range strings.Lines(string(b)) {
		var row struct {
			Kind string
			T    *int64
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil || row.T == nil || !strings.HasPrefix(line, `{"kind":"`+row.Kind+`","t":`) {
			t.Errorf("a line does not begin with its kind and time: %s", line)
		}
	}
}

func TestARowMayBeWrittenAsValueOrPointer(t *testing.T) {
	m := meta()
	if a, b := write(t, m, Event{Name: "x"}), write(t, &m, &Event{Name: "x"}); !bytes.Equal(a, b) {
		t.Errorf("value %s\npointer %s", a, b)
	}
}

func TestAVerdictOverSeveralLinesBecomesOne(t *testing.T) {
	b := write(t, meta(), Verdict{JSON: json.RawMessage("{\n  \"a\": [1,\n 2]\n}\n")})
	rows, _, err := read(b)
	if err != nil || string(rows[1].(*Verdict).JSON) != `{"a":[1,2]}` {
		t.Fatalf("rows %v, error %v", rows, err)
	}
}

// limited takes n bytes, as a disk that fills up does.
type limited struct {
	bytes.Buffer
	n int
}

var errFull = errors.New("no space left")

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.n {
		l.Buffer.Write(p[:l.n])
		n := l.n
		l.n = 0
		return n, errFull
	}
	l.n -= len(p)
	return l.Buffer.Write(p)
}

func TestAfterAFailedWriteNothingFollowsThePieceOfALine(t *testing.T) {
	whole := write(t, meta(), Event{Name: "first"})
	dst := &limited{n: len(whole) + 10}
	w := NewWriter(dst)
	for _, r := range []Row{meta(), Event{Name: "first"}} {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	hash := w.Hash()
	if err := w.Write(Event{Name: "second"}); !errors.Is(err, errFull) {
		t.Fatalf("error %v, want %v", err, errFull)
	}
	dst.n = 1 << 20 // space again: too late, the piece of a line is there
	if err := w.Write(Event{Name: "third"}); !errors.Is(err, errFull) {
		t.Fatalf("error %v, want the first one again", err)
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Fatalf("Close returned %v, want the first error", err)
	}
	rows, info, err := read(dst.Bytes())
	if err != nil || len(rows) != 2 || !info.Truncated {
		t.Fatalf("rows %d, info %+v, error %v", len(rows), info, err)
	}
	if info.Hash != hash || w.Hash() != hash {
		t.Errorf("hash: read %s, writer before %s and after the failure %s", info.Hash, hash, w.Hash())
	}
}

func TestARowThatIsNotJSONIsLeftOutAndToldAtClose(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	_ = w.Write(meta())
	bad := w.Write(Gauge{Source: SourceHost, Values: map[string]float64{"ratio": math.NaN()}})
	if bad == nil {
		t.Fatal("a gauge of NaN was written")
	}
	if err := w.Write(Event{Name: "after"}); err != nil {
		t.Fatalf("the next row: %v", err)
	}
	if err := w.Close(); !errors.Is(err, bad) {
		t.Fatalf("Close returned %v, want %v", err, bad)
	}
	if err := w.Write(Event{Name: "late"}); !errors.Is(err, ErrClosed) {
		t.Fatalf("write after close: %v", err)
	}
	if rows, info, err := read(b.Bytes()); err != nil || len(rows) != 2 || info.Truncated {
		t.Fatalf("rows %v, info %+v, error %v", rows, info, err)
	}
}

func TestTheFirstRowIsMetaOfThisFormat(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, r := range []Row{Event{}, Meta{}, &Meta{Format: "plimsoll.record/0"}} {
		if err := w.Write(r); err == nil {
			t.Errorf("%+v was written first", r)
		}
	}
	if b.Len() != 0 {
		t.Errorf("written: %s", b.Bytes())
	}
}

func TestTheHashCoversWhatIsBeforeTheFirstVerdict(t *testing.T) {
	measured := []Row{meta(), Event{Name: "a"}, Event{Name: "b"}}
	hash := func(rows ...Row) string {
		w := NewWriter(&bytes.Buffer{})
		for _, r := range rows {
			if err := w.Write(r); err != nil {
				t.Fatal(err)
			}
		}
		_, info, err := read(write(t, rows...))
		if err != nil || info.Hash != w.Hash() {
			t.Fatalf("writer %s, reader %s, error %v", w.Hash(), info.Hash, err)
		}
		return info.Hash
	}
	without := hash(measured...)
	with := hash(append(measured, Verdict{JSON: []byte("1")}, Event{Name: "later"})...)
	other := hash(append(measured, Event{Name: "c"}, Verdict{JSON: []byte("1")})...)
	if without != with || without == other {
		t.Errorf("without verdict %s, with %s, of other rows %s", without, with, other)
	}
}

func TestConcurrentRowsStayWholeAndCreateReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	if err := os.WriteFile(path, []byte("what was here before, longer than one line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(meta()); err != nil {
		t.Fatal(err)
	}
	const writers, each = 8, 200
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for j := range each {
				if err := w.Write(Event{Head: Head{int64(j)}, Trial: i + 1, Name: strings.Repeat("x", j)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	// Reading while others write: whole rows, possibly a piece of the last.
	for range 20 {
		if _, err := Open(path, func(Row) error { return nil }); err != nil {
			t.Errorf("while it is written: %v", err)
		}
	}
	wg.Wait()
	hash := w.Hash()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	next := map[int]int64{} // each writer's rows are all there, in its order
	info, err := Open(path, func(r Row) error {
		if e, ok := r.(*Event); ok {
			if e.T != next[e.Trial] || len(e.Name) != int(e.T) {
				return fmt.Errorf("writer %d: row %d is out of order or damaged", e.Trial, e.T)
			}
			next[e.Trial]++
		}
		return nil
	})
	if err != nil || info.Lines != 1+writers*each || info.Hash != hash {
		t.Fatalf("info %+v, error %v, hash of writer %s", info, err, hash)
	}
}

func TestCreateSaysWhatItCouldNotMake(t *testing.T) {
	if _, err := Create(filepath.Join(t.TempDir(), "none", "r.jsonl")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
